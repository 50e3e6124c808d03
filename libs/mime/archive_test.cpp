#include "mime/archive.hpp"
#include "mime/mime.hpp"
#include "mime/zip_fixture.hpp"

#include "core/text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lazaret::mime {
namespace {

using testing::deflated;
using testing::zip_of;

const std::string program = "MZ" + std::string(200, '\x90');

Archive look(std::string_view octets, Limits limits = {}, LimitSet* hit = nullptr) {
    Budget budget(limits);
    auto out = read_archive(octets, kind_of(octets), budget);
    if (hit) *hit = budget.hit;
    return out;
}

TEST(Archive, entries_with_names_sizes_and_kinds) {
    const auto archive = look(zip_of(
        {{"readme.txt", "words"}, {"folder/invoice.pdf.exe", program}, {"stored.pdf", "%PDF-1.4", false}}));
    ASSERT_EQ(archive.entries.size(), 3u);
    EXPECT_EQ(archive.entries[0].name, "readme.txt");
    EXPECT_EQ(archive.entries[0].size, 5u);
    EXPECT_EQ(archive.entries[0].kind, Kind::unknown);
    EXPECT_EQ(archive.entries[1].kind, Kind::dos_executable);
    EXPECT_EQ(archive.entries[1].size, program.size());
    EXPECT_LT(archive.entries[1].packed, program.size());
    EXPECT_TRUE(archive.entries[1].traits.double_extension);
    EXPECT_EQ(archive.entries[2].kind, Kind::pdf);
    EXPECT_FALSE(archive.ambiguous || archive.damaged || archive.encrypted || archive.has_macros);
}

TEST(Archive, encrypted_entries_keep_their_names) {
    const auto archive = look(zip_of({{"secret.exe", program, true, true}}));
    ASSERT_EQ(archive.entries.size(), 1u);
    EXPECT_TRUE(archive.encrypted && archive.entries[0].encrypted);
    EXPECT_EQ(archive.entries[0].kind, Kind::unknown);
    EXPECT_TRUE(archive.entries[0].traits.runs);
}

TEST(Archive, archives_in_archives_to_the_limit) {
    auto inner = zip_of({{"worm.scr", program}});
    auto zip = zip_of({{"inner.zip", inner}, {"again.dat", inner, false}});
    const auto archive = look(zip);
    ASSERT_EQ(archive.entries.size(), 4u);
    EXPECT_EQ(archive.entries[1].name, "worm.scr");
    EXPECT_EQ(archive.entries[1].depth, 1u);
    EXPECT_EQ(archive.entries[1].kind, Kind::dos_executable);
    EXPECT_EQ(archive.entries[3].name, "worm.scr"); // known by its octets, whatever it is called
    for (int i = 0; i < 3; ++i)
        zip = zip_of({{"outer.zip", zip}});
    LimitSet hit;
    EXPECT_EQ(look(zip, {}, &hit).entries.size(), 3u);
    EXPECT_EQ(hit.to_string(), "archive_depth");
}

TEST(Archive, what_only_one_reader_sees_is_found_and_told) {
    const auto unlisted =
        look(zip_of({{"good.txt", "words"}, {"bad.exe", program, true, false, false, false}}));
    ASSERT_EQ(unlisted.entries.size(), 2u);
    EXPECT_EQ(unlisted.entries[1].name, "bad.exe");
    EXPECT_TRUE(unlisted.ambiguous);
    EXPECT_TRUE(
        look(zip_of({{"good.txt", "words"}, {"gone.txt", "", true, false, false, true, false}})).ambiguous);
    EXPECT_TRUE(look(zip_of({{"same.txt", "words"}, {"same.txt", program}})).ambiguous);
    const auto zip = zip_of({{"a.txt", "words"}, {"b.exe", program}});
    const auto cut = look(zip.substr(0, zip.size() - 30)); // no directory's end
    EXPECT_TRUE(cut.damaged);
    EXPECT_EQ(cut.entries.size(), 2u);
    Budget budget{Limits()};
    const auto behind = read_archive("#!/bin/sh\n" + zip, Kind::zip, budget); // a program that unpacks itself
    EXPECT_TRUE(behind.ambiguous);
    ASSERT_EQ(behind.entries.size(), 2u);
    EXPECT_EQ(behind.entries[1].kind, Kind::dos_executable);
}

TEST(Archive, sizes_behind_the_octets) { // as programs write that cannot seek
    const auto archive = look(zip_of({{"a.txt", "words", true, false, true},
                                      {"b.zip", zip_of({{"c.exe", program, false}}), false, false, true}}));
    ASSERT_EQ(archive.entries.size(), 3u);
    EXPECT_EQ(archive.entries[2].name, "c.exe");
    EXPECT_FALSE(archive.ambiguous);
}

TEST(Archive, office_macros) {
    EXPECT_TRUE(look(zip_of({{"[Content_Types].xml", "<?xml?>"}, {"word/vbaProject.bin", "x"}})).has_macros);
}

TEST(Archive, gzip_with_a_name) {
    auto gzip = deflated(program, 31);
    auto archive = look(gzip);
    ASSERT_EQ(archive.entries.size(), 1u);
    EXPECT_EQ(archive.entries[0].kind, Kind::dos_executable);
    EXPECT_EQ(archive.entries[0].size, program.size());
    gzip[3] = '\x08';
    gzip.insert(10, std::string("run.exe\0", 8));
    archive = look(gzip);
    EXPECT_EQ(archive.entries[0].name, "run.exe");
    EXPECT_EQ(archive.entries[0].kind, Kind::dos_executable);
}

TEST(Archive, names_in_unicode) {
    const auto with = [](const std::string& name, const std::string& unicode, unsigned long sum) {
        auto zip = zip_of({{name, "words"}});
        const std::string extra = testing::little(0x7075, 2) + testing::little(5 + unicode.size(), 2) + "\x01" +
                                  testing::little(sum, 4) + unicode;
        const auto at = zip.find("PK\x01\x02");
        zip.replace(at + 30, 2, testing::little(extra.size(), 2));
        zip.insert(at + 46 + name.size(), extra);
        const auto end = zip.find("PK\x05\x06");
        return zip.replace(end + 12, 4, testing::little(46 + name.size() + extra.size(), 4));
    };
    const auto sum = [](const std::string& name) {
        return crc32(0, reinterpret_cast<const Bytef*>(name.data()), static_cast<uInt>(name.size()));
    };
    auto archive = look(with("notes.txt", "invoice.js", sum("notes.txt")));
    ASSERT_EQ(archive.entries.size(), 2u);
    EXPECT_EQ(archive.entries[1].traits.extension, "js");
    EXPECT_TRUE(archive.ambiguous);
    archive = look(with("gr?n.txt", "gr\u00FCn.txt", sum("gr?n.txt")));
    ASSERT_EQ(archive.entries.size(), 1u);
    EXPECT_EQ(archive.entries[0].name, "gr\u00FCn.txt");
    EXPECT_FALSE(archive.ambiguous);
    archive = look(with("notes.txt", "invoice.js", 1));
    ASSERT_EQ(archive.entries.size(), 1u);
    EXPECT_EQ(archive.entries[0].name, "notes.txt") << "as programs take it that look at the sum";
    const auto lengthy = look(zip_of({{std::string(2000, 'x') + ".exe", "words"}}));
    EXPECT_EQ(lengthy.entries[0].name.size(), 1024u);
    EXPECT_EQ(lengthy.entries[0].traits.extension, "exe");
}

TEST(Archive, bombs_cost_no_more_than_the_limits) {
    const std::string zeros(20 * 1048576, '\0');
    auto bomb = zip_of({{"x", "PK\x03\x04" + zeros}});
    bomb = zip_of({{"y.zip", bomb}});
    LimitSet hit;
    look(bomb, {}, &hit);
    EXPECT_TRUE(hit.has(Limit::ratio)) << hit.to_string();
    Limits limits;
    limits.inflated_octets = 100;
    look(zip_of({{"a", zeros.substr(0, 1000)}}), limits, &hit);
    EXPECT_TRUE(hit.has(Limit::inflated)) << hit.to_string();
    limits = {};
    limits.archive_entries = 10;
    EXPECT_EQ(look(zip_of(std::vector<testing::ZipEntry>(1000, {"same", "x"})), limits, &hit).entries.size(),
              10u);
    EXPECT_TRUE(hit.has(Limit::archive_entries));
}

TEST(Archive, entries_that_share_their_octets_are_paid_for_each) {
    // One stored archive of 1 MB, named by a thousand directory entries.
    auto zip = zip_of({{"inner.zip", zip_of({{"pad", std::string(1048576, 'x'), false}}), false}});
    const auto begin = zip.find("PK\x01\x02", zip.size() - 100);
    const auto entry = zip.substr(begin, 46 + 9);
    std::string directory;
    for (int i = 0; i < 1000; ++i)
        directory += entry;
    zip = zip.substr(0, begin) + directory + "PK\x05\x06" + testing::little(0, 4) + testing::little(1000, 2) +
          testing::little(1000, 2) + testing::little(directory.size(), 4) + testing::little(begin, 4) +
          testing::little(0, 2);
    LimitSet hit;
    look(zip, {}, &hit);
    EXPECT_TRUE(hit.has(Limit::inflated)) << hit.to_string();
}

TEST(Archive, as_attachment) {
    const auto mail =
        read("Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
             base64_encode(zip_of({{"run.js", "words"}})));
    ASSERT_EQ(mail.attachments.size(), 1u);
    ASSERT_EQ(mail.attachments[0].archive.entries.size(), 1u);
    EXPECT_TRUE(mail.attachments[0].archive.entries[0].traits.runs);
}

} // namespace
} // namespace lazaret::mime

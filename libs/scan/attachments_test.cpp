#include "scan/attachments.hpp"

#include "core/text.hpp"
#include "mime/mime.hpp"
#include "mime/zip_fixture.hpp"
#include "scan/reading.hpp"

#include <gtest/gtest.h>

namespace lazaret::scan {
namespace {

using mime::testing::zip_of;

/// A message with one file, base64.
std::string mail(const std::string& name, const std::string& octets, const std::string& type = "application/octet-stream") {
    return "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee the file.\r\n--b\r\nContent-Type: " + type +
           "\r\nContent-Disposition: attachment; filename*=utf-8''" + name +
           "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64_encode(octets) + "\r\n--b--\r\n";
}

std::string names(const std::vector<verdict::Finding>& findings) {
    std::string out;
    for (const auto& each : findings)
        out += (out.empty() ? "" : " ") + each.name;
    return out;
}

std::string found(const std::string& message, const AttachmentPolicy& policy = {}) {
    return names(check_attachments(mime::read(message), policy));
}

const std::string program = "MZ" + std::string(200, '\0');

TEST(Attachments, HarmlessOnesPass) {
    EXPECT_EQ(found(mail("report.pdf", "%PDF-1.7 x", "application/pdf")), "");
    EXPECT_EQ(found(mail("photo.jpeg", "\xFF\xD8\xFF\xE0", "image/jpeg")), "");
    EXPECT_EQ(found(mail("notes.zip", zip_of({{"a/b.txt", "words"}, {"c.docx", "words"}}), "application/zip")), "");
    EXPECT_EQ(found(mail("no-extension", "words")), "");
    EXPECT_EQ(found("Subject: x\r\n\r\nno file at all\r\n"), "");
}

TEST(Attachments, ForbiddenByExtension) {
    for (const char* name : {"a.exe", "a.EXE", "a.exe.", "a.exe%20", "a.js", "a.ps1", "a.lnk", "a.iso", "a.settingcontent-ms"}) {
        const auto said = found(mail(name, "words"));
        EXPECT_TRUE(said.starts_with("attachment.extension.")) << name << ": " << said;
    }
    EXPECT_EQ(found("Content-Type: application/pdf; name=bad.scr\r\nContent-Disposition: attachment; filename=good.pdf\r\n\r\nx"),
              "attachment.extension.scr")
        << "any of its names";
}

TEST(Attachments, ForbiddenByWhatTheyAreMadeOf) {
    EXPECT_EQ(found(mail("report.dat", program)), "attachment.kind.dos_executable");
    EXPECT_EQ(found("Content-Transfer-Encoding: base64\r\n\r\n" + base64_encode(program)), "attachment.kind.dos_executable")
        << "without a name, as text";
    EXPECT_EQ(found(mail("a.exe", program)), "attachment.extension.exe") << "one file counts once";
}

TEST(Attachments, ForbiddenByDeclaredType) {
    EXPECT_EQ(found(mail("report.dat", "x", "Application/HTA")), "attachment.type.application_hta");
}

TEST(Attachments, ArchivesAreLookedInto) {
    EXPECT_EQ(found(mail("a.zip", zip_of({{"doc.txt", "x"}, {"deep/setup.exe", "x"}}))), "attachment.inside.exe");
    EXPECT_EQ(found(mail("a.zip", zip_of({{"data.bin", program}}))), "attachment.inside.dos_executable");
    EXPECT_EQ(found(mail("a.zip", zip_of({{"inner.zip", zip_of({{"run.vbs", "x"}})}}))), "attachment.inside.vbs");
    EXPECT_EQ(found(mail("a.zip", zip_of({{"a.exe", "x"}, {"b.exe", "x"}, {"c.js", "x"}}))),
              "attachment.inside.exe attachment.inside.js")
        << "each once";
}

TEST(Attachments, ArchivesAreKnownHoweverTheyBegin) {
    const auto zip = "X" + zip_of({{"invoice.js", "words"}});
    EXPECT_EQ(found(mail("a.zip", zip)), "attachment.ambiguous attachment.inside.js");
    EXPECT_EQ(found(mail("a.dat", zip)), "attachment.ambiguous attachment.inside.js") << "by its end";
    EXPECT_EQ(found(mail("a.zip", "X" + zip.substr(0, zip.size() - 30))),
              "attachment.ambiguous attachment.inside.js attachment.unread.damaged") << "by its name";
    EXPECT_EQ(found(mail("a.zip", zip_of({{"inner.zip", zip}}))), "attachment.ambiguous attachment.inside.js");
    EXPECT_EQ(found(mail("notes.txt", "PK\x05\x06 is how it ends" + std::string(20, ' '))), "");
    const auto gzip = mime::testing::deflated("var a=1;", 31);
    EXPECT_EQ(found(mail("invoice.js.gz", gzip)), "attachment.inside.js");
    EXPECT_EQ(found(mail("a.zip", zip_of({{"invoice.js.gz", gzip}}))), "attachment.inside.js");
    EXPECT_EQ(found(mail("notes.txt.gz", gzip)), "");
    auto named = gzip;
    named[3] = '\x08';
    named.insert(10, std::string("a.txt\0", 6));
    EXPECT_EQ(found(mail("invoice.js.gz", named)), "attachment.inside.js") << "gunzip does not ask what it was called";
}

TEST(Attachments, EncryptedAndDisguised) {
    EXPECT_EQ(found(mail("a.zip", zip_of({{"letter.txt", "x", false, true}}))), "attachment.encrypted");
    EXPECT_EQ(found(mail("a.zip", zip_of({{"letter.exe", "x", false, true}}))), "attachment.encrypted attachment.inside.exe")
        << "names are seen all the same";
    EXPECT_EQ(found(mail("invoice.pdf.exe", "x")), "attachment.extension.exe attachment.disguised");
    EXPECT_EQ(found(mail("invoice%E2%80%AEfdp.exe", "x")), "attachment.extension.exe attachment.disguised");
    EXPECT_EQ(found(mail("invoice.pdf%20%20%20%20%20%20%20%20%20%20.scr", "x")), "attachment.extension.scr attachment.disguised");
    EXPECT_EQ(found(mail("%E2%80%8Fharmless.pdf", "x")), "") << "a direction mark alone is no disguise";
    EXPECT_EQ(found(mail("a.zip", zip_of({{"invoice.pdf.exe", "x"}}))), "attachment.inside.exe attachment.disguised");
}

TEST(Attachments, WhatCouldNotBeReadIsTold) {
    mime::Limits limits;
    limits.archive_entries = 2;
    const auto message = mail("a.zip", zip_of({{"a", "x"}, {"b", "x"}, {"c", "x"}}));
    EXPECT_EQ(names(check_attachments(mime::read(message, limits), {})), "attachment.unread.archive_entries");
    limits = {};
    limits.archive_depth = 0;
    const auto nested = mail("a.zip", zip_of({{"inner.zip", zip_of({{"run.vbs", "x"}})}}));
    EXPECT_EQ(names(check_attachments(mime::read(nested, limits), {})), "attachment.unread.archive_depth");
}

TEST(Attachments, NoBoundIsSilent) {
    const std::string file = "Content-Disposition: attachment; filename=run.exe\r\n\r\nwords\r\n";
    std::string deep;
    for (int i = 0; i < 18; ++i)
        deep += "Content-Type: multipart/mixed; boundary=q" + std::to_string(i) + "\r\n\r\n--q" + std::to_string(i) + "\r\n";
    EXPECT_NE(found(deep + file).find("attachment.unread.depth"), std::string::npos);
    std::string many = "Content-Type: multipart/mixed; boundary=q\r\n\r\n";
    for (int i = 0; i < 1001; ++i)
        many += "--q\r\n\r\n\r\n";
    EXPECT_EQ(found(many + "--q\r\n" + file + "--q--\r\n"), "attachment.unread.parts");
    EXPECT_EQ(found("Content-Type: message/partial; id=a; number=2; total=2\r\n\r\nTVqQ\r\n"), "attachment.unread.fragment");
    EXPECT_EQ(found("Content-Type: a/b\r\nContent-Type: text/plain\r\n\r\nx"), "attachment.unread.structure");
    const auto zip = zip_of({{"a.txt", "words"}});
    EXPECT_EQ(found(mail("a.zip", zip.substr(0, zip.size() - 30))), "attachment.unread.damaged");
    auto packed = zip_of({{"a.txt", "words"}});
    packed[8] = packed[packed.find("PK\x01\x02") + 10] = 14; // LZMA
    EXPECT_EQ(found(mail("a.zip", packed)), "attachment.unread.method");
    EXPECT_EQ(found("Content-Type: application/octet-stream\r\nContent-Disposition: attachment\r\n"
                    "Content-Disposition: attachment; filename=run.js\r\n\r\nwords\r\n"),
              "attachment.extension.js attachment.unread.structure");
}

/// What is found where the checks are given `most` octets of the body.
std::string found_in_part(const std::string& message, std::size_t most) {
    const auto body_at = message.find("\r\n\r\n") + 4;
    const MemoryOctets whole(message);
    Reading reading(std::string_view(message).substr(0, body_at + most), body_at, &whole);
    return names(check_attachments(reading, {}));
}

TEST(Attachments, FilesBehindWhatIsReadAreKnownByNameTypeAndFirstOctets) {
    const auto with = [](const std::string& fields, const std::string& octets) {
        return "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/jpeg; name=photo.jpeg\r\n\r\n" +
               std::string(300000, 'p') + "\r\n--b\r\n" + fields + "Content-Transfer-Encoding: base64\r\n\r\n" +
               base64_encode(octets) + "\r\n--b--\r\n";
    };
    const auto late = [&](const std::string& fields, const std::string& octets) { return found_in_part(with(fields, octets), 262144); };
    EXPECT_EQ(late("Content-Disposition: attachment; filename=run.exe\r\n", "words"), "attachment.extension.exe");
    EXPECT_EQ(late("Content-Type: application/hta\r\n", "words"), "attachment.type.application_hta");
    EXPECT_EQ(late("Content-Type: a/b; name=report.dat\r\n", program), "attachment.kind.dos_executable");
    EXPECT_EQ(late("", program), "attachment.kind.dos_executable");
    EXPECT_EQ(late("Content-Type: a/b; name=invoice.pdf.exe\r\n", "x"), "attachment.extension.exe attachment.disguised");
    EXPECT_EQ(late("Content-Type: a/b; name=a.zip\r\n", zip_of({{"a.txt", "words"}})), "attachment.unread.size");
    EXPECT_EQ(late("Content-Type: image/jpeg; name=second.jpeg\r\n", "\xFF\xD8\xFF\xE0"), "") << "most large messages";
    EXPECT_EQ(found_in_part(with("Content-Type: a/b; name=a.zip\r\n", zip_of({{"run.exe", "x"}})), 1048576), "attachment.inside.exe")
        << "is not cut";
}

TEST(Attachments, ThePolicyDecides) {
    AttachmentPolicy policy;
    policy.extensions = {"pdf"};
    policy.kinds.clear();
    policy.types.clear();
    policy.forbidden = Check(verdict::Mode::warn, 7);
    const auto findings = check_attachments(mime::read(mail("a.PDF", "x")), policy);
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0], verdict::Finding("attachment.extension.pdf", verdict::Mode::warn, 7));
    EXPECT_EQ(found(mail("a.exe", program), policy), "");
    policy = {};
    policy.forbidden.mode = policy.disguised.mode = verdict::Mode::off;
    EXPECT_EQ(found(mail("a.pdf.exe", program), policy), "");
    policy = {};
    policy.inside.mode = verdict::Mode::off;
    EXPECT_EQ(found(mail("a.zip", zip_of({{"a.exe", "x"}})), policy), "");
}

TEST(Attachments, AnAllowedExtensionMeansTheFileToo) {
    AttachmentPolicy policy;
    for (const auto* each : {"exe", "js", "jar"})
        policy.allow(each);
    EXPECT_EQ(found(mail("setup.exe", program), policy), "");
    EXPECT_EQ(found(mail("setup.exe", program, "application/x-msdownload"), policy), "");
    EXPECT_EQ(found(mail("a.zip", zip_of({{"setup.exe", program}})), policy), "");
    EXPECT_EQ(found(mail("a.js", "x", "text/javascript"), policy), "");
    EXPECT_EQ(found(mail("a.jar", zip_of({{"A.class", std::string("\xCA\xFE\xBA\xBE\0\0\0\x34", 8)}}), "application/java-archive"), policy), "");
    EXPECT_EQ(found(mail("report.dat", program), policy), "attachment.kind.dos_executable") << "by another name it is not wanted";
    EXPECT_EQ(found(mail("setup.scr", program), policy), "attachment.extension.scr");
    EXPECT_EQ(found(mail("a.js", program), policy), "attachment.kind.dos_executable");
    EXPECT_EQ(found(mail("invoice.pdf.exe", program), policy), "attachment.disguised");
    EXPECT_EQ(found(mail("a.zip", zip_of({{"data.bin", program}})), policy), "attachment.inside.dos_executable");
}

TEST(Attachments, ALongListOfDifferentOnesIsBounded) {
    std::vector<mime::testing::ZipEntry> entries;
    AttachmentPolicy policy;
    for (int i = 0; i < 300; ++i) {
        policy.extensions.insert("x" + std::to_string(i));
        entries.push_back({"a.x" + std::to_string(i), "x"});
    }
    EXPECT_EQ(check_attachments(mime::read(mail("a.zip", zip_of(entries))), policy).size(), 100u);
}

TEST(Attachments, TextAloneIsNotTakenApart) {
    const std::string message = "Subject: x\r\n\r\na.exe\r\n";
    Reading reading(message, message.find("\r\n\r\n") + 4);
    EXPECT_TRUE(check_attachments(reading, {}).empty());
    const auto with_file = mail("a.exe", "x");
    Reading other(with_file, with_file.find("\r\n\r\n") + 4);
    EXPECT_EQ(names(check_attachments(other, {})), "attachment.extension.exe");
}

} // namespace
} // namespace lazaret::scan

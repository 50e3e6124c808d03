#include "mime/archive.hpp"

#include "mime/charset.hpp"
#include "mime/inflate.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <zlib.h>

namespace lazaret::mime {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t longest_name = 1024, enough_for_magic = 4096, small = 1048576;
constexpr std::size_t end_record = 22, directory_header = 46, local_header = 30, longest_comment = 65535;

/// Little-endian numbers out of octets; 0 beyond their end.
std::uint64_t number(std::string_view octets, std::size_t at, std::size_t width) {
    std::uint64_t out = 0;
    if (at > octets.size() || octets.size() - at < width) return 0;
    for (std::size_t i = width; i > 0; --i)
        out = out << 8 | static_cast<unsigned char>(octets[at + i - 1]);
    return out;
}

std::string_view slice(std::string_view octets, std::uint64_t at, std::uint64_t length) {
    return at >= octets.size() ? std::string_view() : octets.substr(at, length);
}

struct Found {
    std::string_view raw_name;
    std::uint64_t flags = 0, method = 0, packed = 0, size = 0, local = 0; // local: where its header is
    std::uint64_t data = 0;                                               // where its octets are
    std::string_view extra;

    bool encrypted() const { return (flags & 1) != 0; }
};

/// Name in UTF-8 for programs that know no other charset (APPNOTE 4.6.9); "" where there is none. It counts only as long as
/// the other name has not changed, which its CRC tells.
std::string_view unicode_name(const Found& found) {
    for (auto extra = found.extra; extra.size() >= 4;) {
        const auto id = number(extra, 0, 2), length = number(extra, 2, 2);
        const auto body = slice(extra, 4, length);
        if (id == 0x7075 && body.size() > 5 && body[0] == 1) {
            const auto* octets = reinterpret_cast<const Bytef*>(found.raw_name.data());
            const auto sum = crc32(0, octets, static_cast<uInt>(found.raw_name.size()));
            if (number(body, 1, 4) == sum) return body.substr(5);
        }
        extra.remove_prefix(std::min<std::size_t>(extra.size(), 4 + length));
    }
    return {};
}

/// "letter.js.gz": "letter.js"; "" for what is no name of a gzip file.
std::string unpacked_name(std::string_view name) {
    const auto dot = name.rfind('.');
    if (dot == name.npos) return {};
    const auto extension = ascii_lowercase(trim(name.substr(dot + 1)));
    if (extension == "tgz") return std::string(name.substr(0, dot)) + ".tar";
    return extension == "gz" || extension == "z" ? std::string(name.substr(0, dot)) : std::string();
}

/// Where the record is that ends the directory; npos where there is none.
std::size_t find_end_record(std::string_view zip) {
    const auto from = zip.size() > end_record + longest_comment ? zip.size() - end_record - longest_comment : 0;
    const auto found = zip.substr(from).rfind("PK\x05\x06"sv);
    return found == zip.npos || zip.size() - from - found < end_record ? zip.npos : from + found;
}

/// Sizes and offset that stand in the extra field (APPNOTE 4.5.3), in this order as far as they are missing.
void read_zip64(Found& found) {
    for (auto extra = found.extra; extra.size() >= 4;) {
        const auto id = number(extra, 0, 2), length = number(extra, 2, 2);
        const auto body = slice(extra, 4, length);
        if (id == 1) {
            std::size_t at = 0;
            for (auto* value : {&found.size, &found.packed, &found.local}) {
                if (*value != 0xFFFFFFFF) continue;
                *value = number(body, at, 8);
                at += 8;
            }
            return;
        }
        extra.remove_prefix(std::min<std::size_t>(extra.size(), 4 + length));
    }
}

class ZipReader {
  public:
    ZipReader(Budget& budget, Archive& out) : budget_(budget), out_(out) {}

    void read(std::string_view zip, unsigned depth) {
        Names in_directory, in_headers;
        Sizes sizes;
        directory(zip, depth, in_directory, sizes);
        headers(zip, depth, in_directory, sizes, in_headers);
        for (const auto name : in_directory)
            if (!in_headers.contains(name)) out_.ambiguous = true;
    }

    void read_gzip(std::string_view gzip, unsigned depth, const std::vector<std::string>& names) {
        ArchiveEntry entry;
        entry.depth = depth;
        entry.packed = gzip.size();
        entry.size =
            gzip.size() < 18 ? 0 : number(gzip, gzip.size() - 4, 4); // modulo 2^32, of the last member
        if ((number(gzip, 3, 1) & 0x0C) == 0x08) {                   // a name, and nothing in front of it
            const auto name = slice(gzip, 10, longest_name);
            entry.name = to_utf8(name.substr(0, name.find('\0')), "iso-8859-1", longest_name);
        }
        std::vector<std::string> others;
        for (const auto& outer : names)
            if (auto name = unpacked_name(outer); !name.empty() && name != entry.name) others.push_back(std::move(name));
        if (entry.name.empty() && !others.empty()) entry.name = std::exchange(others.back(), {});
        if (!budget_.take_one(&Budget::archive_entries, Limit::archive_entries)) return;
        ArchiveEntry other = entry;
        look_into(std::move(entry), gzip, Wrapping::gzip, depth);
        for (auto& name : others) {
            if (name.empty()) continue;
            if (!budget_.take_one(&Budget::archive_entries, Limit::archive_entries)) return;
            other.name = std::move(name);
            other.traits = traits_of(other.name);
            out_.entries.push_back(other);
        }
    }

  private:
    using Names = std::unordered_set<std::string_view>;
    using Sizes = std::unordered_map<std::uint64_t, std::uint64_t>; // packed, by where the local header is

    /// What a program sees that opens the file as the specification says: from its end.
    void directory(std::string_view zip, unsigned depth, Names& names, Sizes& sizes) {
        const auto end = find_end_record(zip);
        if (end == zip.npos) {
            out_.damaged = true;
            return;
        }
        const std::uint64_t size = number(zip, end + 12, 4), written = number(zip, end + 16, 4);
        std::uint64_t at = written, shift = 0;
        if (size <= end && written <= end - size) { // offsets may count from behind what stands in front
            shift = end - size - written;
            if (!slice(zip, written, 4).starts_with("PK\x01\x02"sv))
                at = end - size;
            else
                shift = 0;
        }
        while (slice(zip, at, 4) == "PK\x01\x02"sv && end - at >= directory_header) {
            Found entry;
            entry.flags = number(zip, at + 8, 2);
            entry.method = number(zip, at + 10, 2);
            entry.packed = number(zip, at + 20, 4);
            entry.size = number(zip, at + 24, 4);
            entry.local = number(zip, at + 42, 4);
            const auto name = number(zip, at + 28, 2), extra = number(zip, at + 30, 2),
                       comment = number(zip, at + 32, 2);
            entry.raw_name = slice(zip, at + directory_header, name);
            entry.extra = slice(zip, at + directory_header + name, extra);
            read_zip64(entry);
            at += directory_header + name + extra + comment;
            if (entry.local <= zip.size()) entry.local += shift;
            if (slice(zip, entry.local, 4) != "PK\x03\x04"sv) out_.damaged = true;
            entry.data = data_behind(zip, entry.local);
            sizes.emplace(entry.local, entry.packed);
            if (!names.insert(entry.raw_name).second)
                out_.ambiguous = true; // two of one name: which one is unpacked?
            if (!add(zip, entry, depth)) return;
        }
        if (at < end && slice(zip, at, 4) != "PK\x06\x06"sv && slice(zip, at, 4) != "PK\x05\x05"sv)
            out_.damaged = true;
    }

    /// What a program sees that reads from the front, as some do, and scanners of streams.
    void headers(std::string_view zip, unsigned depth, const Names& known, const Sizes& sizes, Names& names) {
        std::size_t at = zip.find("PK\x03\x04"sv);
        out_.ambiguous |=
            at != 0 && at != zip.npos && !zip.starts_with("PK00PK") && !zip.starts_with("PK\x07\x08");
        while (at != zip.npos && zip.size() - at >= local_header) {
            Found entry;
            entry.flags = number(zip, at + 6, 2);
            entry.method = number(zip, at + 8, 2);
            entry.packed = number(zip, at + 18, 4);
            entry.size = number(zip, at + 22, 4);
            entry.local = at;
            const auto name = number(zip, at + 26, 2), extra = number(zip, at + 28, 2);
            entry.raw_name = slice(zip, at + local_header, name);
            entry.extra = slice(zip, at + local_header + name, extra);
            read_zip64(entry);
            entry.data = at + local_header + name + extra;
            names.insert(entry.raw_name);
            if (!known.contains(entry.raw_name)) {
                out_.ambiguous |= !known.empty();
                if (!add(zip, entry, depth)) return;
            }
            if (names.size() > budget_.limits.archive_entries) return budget_.hit.add(Limit::archive_entries);
            if (entry.data >= zip.size()) return;
            if (const auto size = sizes.find(at); size != sizes.end()) entry.packed = size->second;
            const bool size_follows = (entry.flags & 8) != 0 && entry.packed == 0;
            const auto next = size_follows || entry.packed > zip.size() - entry.data
                                  ? entry.data
                                  : entry.data + entry.packed;
            if (slice(zip, next, 4) == "PK\x01\x02"sv) return; // the directory
            at = zip.find("PK\x03\x04"sv, next);
        }
    }

    static std::uint64_t data_behind(std::string_view zip, std::uint64_t local) {
        if (local >= zip.size()) return zip.size();
        return local + local_header + number(zip, local + 26, 2) + number(zip, local + 28, 2);
    }

    bool add(std::string_view zip, const Found& found, unsigned depth) {
        if (!budget_.take_one(&Budget::archive_entries, Limit::archive_entries)) return false;
        ArchiveEntry entry;
        set_name(entry, to_utf8(found.raw_name, (found.flags & 0x800) ? "utf-8" : "", found.raw_name.size() * 4));
        if (const auto unicode = unicode_name(found); !unicode.empty()) {
            const auto plain = entry;
            set_name(entry, to_utf8(unicode, "utf-8", unicode.size() * 4));
            if (entry.traits.extension != plain.traits.extension) { // programs disagree about what it is
                out_.ambiguous = true;
                if (!budget_.take_one(&Budget::archive_entries, Limit::archive_entries)) return false;
                out_.entries.push_back(plain);
            }
        }
        entry.size = found.size;
        entry.packed = found.packed;
        entry.depth = depth;
        entry.encrypted = found.encrypted();
        out_.encrypted |= entry.encrypted;
        out_.has_macros |= ascii_lowercase(entry.name).ends_with("vbaproject.bin");
        const bool size_follows = found.packed == 0 && (found.flags & 8) != 0;
        const auto octets = slice(zip, found.data, size_follows ? zip.size() : found.packed);
        const bool known_method = found.method == 0 || found.method == 8;
        out_.unread |= !entry.encrypted && !known_method;
        const bool readable = !entry.encrypted && known_method && !octets.empty();
        look_into(std::move(entry), readable ? octets : std::string_view(),
                  found.method == 8 ? std::optional(Wrapping::raw) : std::nullopt, depth);
        return true;
    }

    static void set_name(ArchiveEntry& entry, std::string_view name) {
        entry.traits = traits_of(name); // of the whole name: what counts is its end
        entry.name = cut_utf8(name, longest_name);
    }

    /// Learns the kind and, where that is an archive, reads on in it. `wrapping`: nullopt = stored.
    void look_into(ArchiveEntry entry, std::string_view octets, std::optional<Wrapping> wrapping,
                   unsigned depth) {
        if (wrapping == Wrapping::gzip) entry.traits = traits_of(entry.name);
        std::string inflated;
        std::string_view begin = octets.substr(0, enough_for_magic);
        if (wrapping && !octets.empty()) {
            inflated = unpack(octets.substr(0, 65536), *wrapping, enough_for_magic);
            begin = inflated;
        }
        entry.kind = kind_of(begin);
        const auto kind = entry.kind == Kind::unknown && entry.traits.extension == "zip" ? Kind::zip : entry.kind;
        const std::vector<std::string> names{entry.name};
        out_.entries.push_back(std::move(entry));
        if ((kind != Kind::zip && kind != Kind::gzip) || octets.empty()) return;
        if (depth >= budget_.limits.archive_depth) return budget_.hit.add(Limit::archive_depth);
        std::string_view whole;
        if (wrapping) {
            const std::size_t by_ratio = std::max<std::size_t>(small, octets.size() * budget_.limits.ratio);
            inflated = unpack(octets, *wrapping, std::min(budget_.inflated, by_ratio));
            if (inflated.size() == by_ratio) budget_.hit.add(Limit::ratio);
            whole = inflated;
        } else { // entries may overlap: what is only looked at costs as well
            whole = octets.substr(0, budget_.take(&Budget::inflated, octets.size(), Limit::inflated));
        }
        if (kind == Kind::zip)
            read(whole, depth + 1);
        else
            read_gzip(whole, depth + 1, names);
    }

    std::string unpack(std::string_view octets, Wrapping wrapping, std::size_t most) {
        if (budget_.inflated < most || budget_.inflated == 0) budget_.hit.add(Limit::inflated);
        most = std::min(most, budget_.inflated);
        auto [out, consumed] = inflate(octets.substr(0, budget_.inflated), wrapping, most);
        if (out.size() == budget_.inflated) budget_.hit.add(Limit::inflated);
        budget_.inflated -= std::min(budget_.inflated, std::max(out.size(), consumed));
        return std::move(out);
    }

    Budget& budget_;
    Archive& out_;
};

} // namespace

bool ends_like_zip(std::string_view octets) {
    const auto end = find_end_record(octets);
    if (end == octets.npos) return false;
    const auto size = number(octets, end + 12, 4);
    return size >= directory_header && size <= end && slice(octets, end - size, 4) == "PK\x01\x02"sv;
}

Archive read_archive(std::string_view octets, Kind kind, Budget& budget, const std::vector<std::string>& names) {
    Archive out;
    ZipReader reader(budget, out);
    if (kind == Kind::zip) reader.read(octets, 0);
    if (kind == Kind::gzip) reader.read_gzip(octets, 0, names);
    return out;
}

} // namespace lazaret::mime

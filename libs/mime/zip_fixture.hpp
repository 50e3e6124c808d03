#pragma once
// ZIP files made by hand, also wrong ones.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <zlib.h>

namespace lazaret::mime::testing {

inline std::string little(std::uint64_t value, int width) {
    std::string out;
    for (int i = 0; i < width; ++i)
        out += static_cast<char>(i < 8 ? value >> 8 * i & 0xFF : 0);
    return out;
}

/// `window_bits`: -15 for raw DEFLATE, 31 for gzip.
inline std::string deflated(std::string_view octets, int window_bits = -15) {
    z_stream z{};
    if (deflateInit2(&z, 9, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY) != Z_OK) return {};
    std::string out(deflateBound(&z, octets.size()) + 64, '\0');
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(octets.data()));
    z.avail_in = static_cast<uInt>(octets.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    deflate(&z, Z_FINISH);
    out.resize(out.size() - z.avail_out);
    deflateEnd(&z);
    return out;
}

struct ZipEntry {
    std::string name, octets;
    bool deflate = true, encrypted = false, sizes_follow = false;
    bool in_directory = true, in_headers = true;
};

inline std::string zip_of(const std::vector<ZipEntry>& entries) {
    std::string out, directory;
    unsigned count = 0;
    for (const auto& each : entries) {
        const std::string data = each.deflate ? deflated(each.octets) : each.octets;
        const unsigned flags = (each.encrypted ? 1 : 0) | (each.sizes_follow ? 8 : 0);
        const std::string start = little(flags, 2) + little(each.deflate ? 8 : 0, 2) + little(0, 4);
        const std::string sizes = little(0, 4) + little(data.size(), 4) + little(each.octets.size(), 4);
        const std::string none = little(0, 12);
        const auto local = out.size();
        if (each.in_headers)
            out += "PK\x03\x04" + little(20, 2) + start + (each.sizes_follow ? none : sizes) +
                   little(each.name.size(), 2) + little(0, 2) + each.name + data +
                   (each.sizes_follow ? "PK\x07\x08" + sizes : "");
        if (!each.in_directory) continue;
        ++count;
        directory += "PK\x01\x02" + little(20, 2) + little(20, 2) + start + sizes +
                     little(each.name.size(), 2) + little(0, 2) + little(0, 2) + little(0, 8) +
                     little(local, 4) + each.name;
    }
    const auto begin = out.size();
    return out + directory + "PK\x05\x06" + little(0, 4) + little(count, 2) + little(count, 2) +
           little(directory.size(), 4) + little(begin, 4) + little(0, 2);
}

} // namespace lazaret::mime::testing

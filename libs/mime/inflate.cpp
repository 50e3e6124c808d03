#include "mime/inflate.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <zlib.h>

namespace lazaret::mime {

namespace {

class Stream {
  public:
    explicit Stream(int window_bits) : open_(inflateInit2(&z, window_bits) == Z_OK) {}
    ~Stream() {
        if (open_) inflateEnd(&z);
    }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    bool open() const { return open_; }

    z_stream z{};

  private:
    bool open_;
};

} // namespace

Inflated inflate(std::string_view packed, Wrapping wrapping, std::size_t most) {
    packed = packed.substr(0, std::numeric_limits<uInt>::max());
    Stream stream(wrapping == Wrapping::gzip ? MAX_WBITS + 16 : -MAX_WBITS);
    if (!stream.open()) return {};
    std::string out;
    auto& z = stream.z;
    z.next_in =
        reinterpret_cast<Bytef*>(const_cast<char*>(packed.data())); // zlib's type; it does not write there
    z.avail_in = static_cast<uInt>(packed.size());
    int status = Z_OK;
    while (status == Z_OK && out.size() < most) {
        const std::size_t before = out.size(),
                          room = std::min<std::size_t>(most - before, std::max<std::size_t>(before, 4096));
        out.resize(before + room);
        z.next_out = reinterpret_cast<Bytef*>(out.data() + before);
        z.avail_out = static_cast<uInt>(room);
        status = ::inflate(&z, Z_SYNC_FLUSH);
        out.resize(before + room - z.avail_out);
        if (z.avail_out == room) break; // nothing more comes
    }
    return {std::move(out), packed.size() - z.avail_in};
}

} // namespace lazaret::mime

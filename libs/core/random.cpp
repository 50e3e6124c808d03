#include "core/random.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>
#include <cstring>
#include <stdexcept>

namespace lazaret {

namespace {

struct Buffer {
    std::array<unsigned char, 512> bytes{};
    std::size_t used = 512;
};

void generate(unsigned char* out, std::size_t size) {
    if (RAND_bytes(out, static_cast<int>(size)) != 1)
        throw std::runtime_error("the random generator has no randomness to give");
}

} // namespace

void random_bytes(void* out, std::size_t size) {
    thread_local Buffer buffer;
    if (size > buffer.bytes.size()) {
        generate(static_cast<unsigned char*>(out), size);
        return;
    }
    if (buffer.bytes.size() - buffer.used < size) {
        generate(buffer.bytes.data(), buffer.bytes.size());
        buffer.used = 0;
    }
    std::memcpy(out, buffer.bytes.data() + buffer.used, size);
    // What was given out (a token, say) must not be found in memory here.
    OPENSSL_cleanse(buffer.bytes.data() + buffer.used, size);
    buffer.used += size;
}

} // namespace lazaret

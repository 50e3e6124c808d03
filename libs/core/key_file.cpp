#include "core/key_file.hpp"

#include "core/random.hpp"
#include "core/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace lazaret {

namespace {

constexpr std::size_t key_size = 32;

Error failed(const char* what, const std::filesystem::path& file) {
    return Error(std::string("cannot ") + what + " the key file " + file.string() + ": " + std::strerror(errno));
}

Result<std::string> read_key(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return failed("read", file);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    auto key = hex_decode(trim(text));
    if (!key || key->size() != key_size)
        return Error("the key file " + file.string() + " is damaged: expected 64 hexadecimal characters");
    return *key;
}

Result<void> make_key(const std::filesystem::path& file) {
    std::string key(key_size, '\0');
    random_bytes(key.data(), key.size());
    const std::string text = hex_encode(key) + "\n";
    std::string draft = file.string() + ".XXXXXX";
    const int fd = ::mkostemp(draft.data(), O_CLOEXEC);
    if (fd < 0) return failed("make", file);
    const bool written = ::fchmod(fd, 0640) == 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                         ::fsync(fd) == 0;
    ::close(fd);
    // link() refuses to replace what another program has made meanwhile.
    const bool linked = written && (::link(draft.c_str(), file.c_str()) == 0 || errno == EEXIST);
    const int why = errno;
    ::unlink(draft.c_str());
    errno = why;
    if (!linked) return failed("write", file);
    return {};
}

} // namespace

Result<std::string> load_or_make_key(const std::filesystem::path& file) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) {
        if (auto made = make_key(file); !made) return made.error();
    }
    return read_key(file);
}

} // namespace lazaret

#include "core/file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <istream>

namespace lazaret {

namespace {

constexpr std::size_t block = 256 * 1024;

std::string size_text(std::uint64_t octets) {
    constexpr std::uint64_t mebi = 1024 * 1024;
    return octets % mebi == 0 ? std::to_string(octets / mebi) + " MiB" : std::to_string(octets) + " octets";
}

} // namespace

Result<std::string> read_file(const std::filesystem::path& file, std::uint64_t most) {
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    const auto failed = [&] { return Error(file.string() + ": " + (errno ? std::strerror(errno) : "cannot be read")); };
    if (!in) return failed();
    std::string content;
    while (in) {
        const auto held = content.size();
        content.resize(held + block);
        in.read(content.data() + held, block);
        content.resize(held + static_cast<std::size_t>(in.gcount()));
        if (content.size() > most) return Error(file.string() + ": larger than " + size_text(most));
    }
    if (in.bad()) return failed();
    return content;
}

} // namespace lazaret

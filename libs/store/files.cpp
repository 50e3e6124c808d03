#include "store/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace lazaret::store {

namespace fs = std::filesystem;

std::string errno_text() {
    return std::generic_category().message(errno);
}

FileDescriptor::~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
}

Result<void> write_file(const fs::path& path, std::string_view content) {
    fs::path temporary = path;
    temporary += ".new";
    auto failed = [&] { return Error("cannot write " + path.string() + ": " + errno_text()); };
    {
        FileDescriptor file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        if (file.get() < 0 || fchmod(file.get(), 0600) != 0) return failed();
        while (!content.empty()) {
            ssize_t written = write(file.get(), content.data(), content.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) return failed();
            content.remove_prefix(static_cast<std::size_t>(written));
        }
        if (fsync(file.get()) != 0) return failed();
    }
    if (rename(temporary.c_str(), path.c_str()) != 0) return failed();
    fs::path folder = path.parent_path();
    FileDescriptor dir(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (dir.get() < 0 || fsync(dir.get()) != 0) return failed();
    return {};
}

} // namespace lazaret::store

#include "scan/host_list.hpp"

#include "core/file.hpp"
#include "core/text.hpp"
#include "mime/hosts.hpp"

namespace lazaret::scan {

namespace {

Error at_line(std::string_view file_name, std::size_t line, std::string_view message) {
    return Error(std::string(file_name) + ':' + std::to_string(line) + ": " + std::string(message));
}

std::string_view without_comment(std::string_view line) {
    return trim(line.substr(0, line.find('#')));
}

/// What the entry stands for; "" for what is no host. IPv6 may come without brackets.
std::string host_of(std::string_view entry) {
    if (entry.starts_with("*.")) entry.remove_prefix(2);
    else if (entry.starts_with('.')) entry.remove_prefix(1);
    std::string written(entry);
    if (entry.find(':') != entry.npos && !entry.starts_with('[')) {
        written.insert(written.begin(), '[');
        written.push_back(']');
    }
    const auto host = mime::parse_host(written);
    return host ? host->name : std::string();
}

} // namespace

Result<std::shared_ptr<const HostList>> HostList::parse(std::string_view text, std::string_view file_name) {
    auto list = std::make_shared<HostList>();
    std::size_t number = 0;
    for (const auto line : split(text, '\n')) {
        ++number;
        const auto entry = without_comment(line);
        if (entry.empty()) continue;
        auto host = host_of(entry);
        if (host.empty())
            return at_line(file_name, number, printable(entry, 80) + ": expected a host, a domain or an address, one a line");
        if (list->entries_.size() >= max_entries) return at_line(file_name, number, "more than 2000000 entries");
        list->entries_.insert(std::move(host));
    }
    return std::shared_ptr<const HostList>(std::move(list));
}

Result<std::shared_ptr<const HostList>> HostList::load(const std::filesystem::path& file) {
    const auto text = read_file(file, max_file_size);
    if (!text) return text.error();
    return parse(*text, file.string());
}

std::string_view HostList::find(std::string_view host) const {
    while (!entries_.empty() && !host.empty()) {
        if (const auto entry = entries_.find(host); entry != entries_.end()) return *entry;
        const auto dot = host.find('.');
        if (dot == host.npos) break;
        host.remove_prefix(dot + 1);
    }
    return {};
}

} // namespace lazaret::scan

#include "config/resolve.hpp"

#include "config/dns_lists.hpp"
#include "config/policies.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include <unistd.h>

namespace lazaret::config {
namespace {

std::string machine_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
    return name.data();
}

/// The machine's name with its domain, from /etc/hosts, where hostname(1) -f finds it too; a start must not
/// wait for DNS. Without an entry the short name.
std::string full_machine_name() {
    const auto name = machine_name();
    if (name.find('.') != std::string::npos) return name;
    std::ifstream hosts("/etc/hosts");
    for (std::string line; std::getline(hosts, line);) {
        std::istringstream words(line.substr(0, line.find('#')));
        std::vector<std::string> names;
        for (std::string word; words >> word;)
            names.push_back(word);
        for (const auto& full : names)
            if (std::find(names.begin(), names.end(), name) != names.end() && full.starts_with(name + "."))
                return full;
    }
    return name;
}

/// sockaddr_un has room for no more.
constexpr std::size_t longest_socket_path = 107;

struct Place {
    std::string option;
    std::optional<Endpoint> at;
};

std::vector<Place> listening(const Config& config) {
    return {{"submission.listen", config.submission.listen},
            {"submissions.listen", config.submissions.listen},
            {"relay.listen", config.relay.listen},
            {"filter.listen", config.filter.listen},
            {"policy.listen", config.policy.listen},
            {"metrics.submission_listen", config.metrics.submission_listen},
            {"metrics.engine_listen", config.metrics.engine_listen}};
}

void check_listeners(const Config& config, std::vector<Conflict>& found) {
    if (!config.submission.listen && !config.submissions.listen && !config.relay.listen &&
        !config.filter.listen && !config.policy.listen)
        found.push_back(
            {"", "no listener is on; set submission.listen, submissions.listen or relay.listen", ""});
    const auto places = listening(config);
    for (auto later = places.begin(); later != places.end(); ++later) {
        if (!later->at || later->at->port == 0) continue;
        const auto same =
            std::find_if(places.begin(), later, [&](const auto& p) { return p.at == later->at; });
        if (same != later)
            found.push_back({later->option,
                             "found " + later->at->to_string() + ", which " + same->option +
                                 " has already; expected another port or address",
                             same->option});
        for (const auto& [option, hops] : {std::pair{"next_hop.address", &config.next_hop.addresses},
                                           std::pair{"next_hop.divert_address", &config.next_hop.divert_addresses}})
            if (std::find(hops->begin(), hops->end(), *later->at) != hops->end())
                found.push_back({option,
                                 "found " + later->at->to_string() + ", which is " + later->option +
                                     "; expected Postfix, not Lazaret itself",
                                 later->option});
    }
}

void check_tls(const Config& config, std::vector<Conflict>& found) {
    const auto& [certificates, keys] = config.tls;
    for (const auto& [option, listener] : {std::pair{"submission.listen", &config.submission},
                                           std::pair{"submissions.listen", &config.submissions}})
        if (listener->listen && (certificates.empty() || keys.empty())) {
            const std::string missing = certificates.empty() ? "tls.certificate" : "tls.key";
            found.push_back({option, "needs " + missing + ", which is not set", ""});
        }
    if (certificates.empty() != keys.empty() && !config.submission.listen && !config.submissions.listen)
        found.push_back(keys.empty() ? Conflict{"tls.certificate", "needs tls.key, which is not set", ""}
                                     : Conflict{"tls.key", "needs tls.certificate, which is not set", ""});
    else if (!certificates.empty() && !keys.empty() && certificates.size() != keys.size())
        found.push_back({"tls.key",
                         "found " + std::to_string(keys.size()) + " keys, expected one for each of the " +
                             std::to_string(certificates.size()) + " certificates of tls.certificate",
                         "tls.certificate"});
}

/// Certificates are for names and addresses; a socket in the file system has neither.
void check_next_hops(const Config& config, std::vector<Conflict>& found) {
    if (config.next_hop.tls != HopTls::verify) return;
    for (const auto& [option, hops] : {std::pair{"next_hop.address", &config.next_hop.addresses},
                                       std::pair{"next_hop.divert_address", &config.next_hop.divert_addresses}})
        for (const auto& hop : *hops)
            if (hop.is_unix())
                found.push_back({option,
                                 "found " + hop.to_string() + ", which no certificate is for; expected HOST:PORT, since next_hop.tls is \"verify\"",
                                 "next_hop.tls"});
}

/// The thresholds of all mail, or of one [[content_policy]], named `option` and found at `place`.
void check_scores(const Config& config, const ContentPolicy& policy, const std::string& option, const std::string& place,
                  std::vector<Conflict>& found) {
    const auto& content = config.content;
    const double reject = policy.reject_score.value_or(content.reject_score);
    const double divert = policy.divert_score.value_or(content.divert_score);
    const auto prefix = option + ".";
    if (policy.tag_score.value_or(content.tag_score) >= reject)
        found.push_back({prefix + "tag_score", "is not below reject_score; nothing would ever be only tagged", place});
    if (divert >= reject)
        found.push_back({prefix + "divert_score", "is not below reject_score; nothing would ever be diverted", place});
    const bool sets_divert = option == "content" || policy.divert_score;
    if (sets_divert && divert > 0 && config.next_hop.divert_addresses.empty())
        found.push_back({prefix + "divert_score", "needs next_hop.divert_address, which is not set", place});
}

void check_content(const Config& config, std::vector<Conflict>& found) {
    check_scores(config, ContentPolicy(), "content", "", found);
    const std::string table(content_policies().name);
    std::size_t number = 0;
    for (const auto& policy : config.content_policies) {
        const auto place = table + "." + std::to_string(++number);
        if (!policy.network_class && !policy.plan)
            found.push_back({table, "names neither class nor plan; what holds for all mail belongs into [content]", place});
        else if (policy.reject_score || policy.divert_score || policy.tag_score)
            check_scores(config, policy, table, place, found);
    }
}

void check_dns_lists(const Config& config, std::vector<Conflict>& found) {
    const std::string table(dns_lists().name);
    for (std::size_t i = 0; i < config.dns_lists.size(); ++i)
        if (auto problem = dns_list_problem(config.dns_lists, i); !problem.empty())
            found.push_back({table, std::move(problem), table + "." + std::to_string(i + 1)});
}

/// Each program connects as its own role, and a password would show in listings of processes and options.
bool names_a_user(const std::string& connection) {
    const auto scheme = connection.find("://");
    const auto authority = connection.substr(scheme == std::string::npos ? connection.size() : scheme + 3);
    return connection.find("user=") != std::string::npos ||
           connection.find("password=") != std::string::npos ||
           authority.substr(0, authority.find_first_of("/?")).find('@') != std::string::npos;
}

} // namespace

void fill_in(Config& config) {
    auto& node = config.node;
    if (node.name.empty()) node.name = machine_name().substr(0, 64);
    if (node.hostname.empty()) node.hostname = full_machine_name();
    if (node.hash_key_file.empty()) node.hash_key_file = node.state_dir / "hash.key";
    if (node.control_socket.empty()) node.control_socket = node.state_dir / "control.sock";
    if (config.server.spool_dir.empty()) config.server.spool_dir = node.state_dir / "spool";
    if (config.journal.dir.empty()) config.journal.dir = node.state_dir / "journal";
    if (config.server.threads == 0) config.server.threads = std::max(1u, std::thread::hardware_concurrency());
}

std::string to_string(const std::vector<Conflict>& conflicts) {
    std::string text;
    for (const auto& each : conflicts)
        text += (text.empty() ? "" : "; ") + (each.option.empty() ? "" : each.option + ": ") + each.message;
    return text;
}

std::vector<Conflict> conflicts(const Config& config) {
    std::vector<Conflict> found;
    if (config.node.state_dir.empty())
        found.push_back({"node.state_dir", "found \"\", expected a folder", ""});
    check_listeners(config, found);
    check_tls(config, found);
    check_next_hops(config, found);
    check_content(config, found);
    check_dns_lists(config, found);
    if (config.auth.backend == AuthBackend::dovecot &&
        (config.auth.dovecot_socket.empty() || config.auth.dovecot_socket.native().size() > longest_socket_path))
        found.push_back({"auth.dovecot_socket", "expected a path of 1 to 107 octets", "auth.backend"});
    if (config.server.max_header_size > config.server.max_message_size)
        found.push_back(
            {"server.max_header_size", "is larger than server.max_message_size", "server.max_message_size"});
    if (config.journal.segment_size > config.journal.max_size / 2)
        found.push_back({"journal.segment_size",
                         "is larger than half of journal.max_size; expected room for two files at least",
                         "journal.max_size"});
    if (names_a_user(config.database.connection))
        found.push_back({"database.connection",
                         "found a user or a password, expected neither: the user is the role "
                         "of each program, a password belongs into a passfile",
                         ""});
    if (!config.tickets.url.empty() && config.tickets.secret_file.empty())
        found.push_back({"tickets.url", "needs tickets.secret_file, which is not set", ""});
    return found;
}

} // namespace lazaret::config

#include "scan/daemons.hpp"

#include "net/together.hpp"
#include "scan/clamd_client.hpp"
#include "scan/guarded_scanner.hpp"
#include "scan/rspamd_client.hpp"
#include "scan/spamd_client.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

namespace lazaret::scan {

namespace {

/// One kind of scanner, and where its options and its mode are.
struct Kind {
    std::string_view name;
    const config::ScannerDaemon& (*options)(const config::Config&);
    config::Mode Policy::*mode;
    std::unique_ptr<Scanner> (*make)(const config::Config&, net::Deadlines&);
    std::string_view (*own_option)(const config::Config&); ///< that it is made with
};

const std::array<Kind, 3> kinds{{
    {"clamav", [](const config::Config& all) -> const config::ScannerDaemon& { return all.clamav; }, &Policy::clamav,
     [](const config::Config& all, net::Deadlines& deadlines) -> std::unique_ptr<Scanner> {
         return std::make_unique<ClamdClient>(*all.clamav.address, deadlines);
     },
     [](const config::Config&) { return std::string_view(); }},
    {"spamassassin", [](const config::Config& all) -> const config::ScannerDaemon& { return all.spamassassin; },
     &Policy::spamassassin,
     [](const config::Config& all, net::Deadlines& deadlines) -> std::unique_ptr<Scanner> {
         return std::make_unique<SpamdClient>(*all.spamassassin.address, all.spamassassin.user, deadlines);
     },
     [](const config::Config& all) { return std::string_view(all.spamassassin.user); }},
    {"rspamd", [](const config::Config& all) -> const config::ScannerDaemon& { return all.rspamd; }, &Policy::rspamd,
     [](const config::Config& all, net::Deadlines& deadlines) -> std::unique_ptr<Scanner> {
         return std::make_unique<RspamdClient>(*all.rspamd.address, all.rspamd.settings_id, deadlines);
     },
     [](const config::Config& all) { return std::string_view(all.rspamd.settings_id); }},
}};

/// Where the daemons' bounds count for all threads together.
std::size_t share(std::uint32_t calls, unsigned threads) {
    return std::max(1u, calls / std::max(1u, threads));
}

/// What a scanner is made with; a change of anything else needs no new one.
struct Making {
    std::optional<Endpoint> address;
    std::string own_option;
    std::uint64_t max_size;
    std::size_t max_calls;
    bool operator==(const Making&) const = default;
};

Making making(const Kind& kind, const config::Config& config) {
    const auto& options = kind.options(config);
    return Making{options.address, std::string(kind.own_option(config)), options.max_size,
                  share(options.max_calls, config.server.threads)};
}

} // namespace

struct Daemons::Member {
    Making made;
    std::unique_ptr<GuardedScanner> scanner; ///< null: not configured
};

Daemons::Daemons(const config::Config& config, net::Deadlines& deadlines) {
    for (const auto& kind : kinds) {
        Member member{making(kind, config), nullptr};
        if (member.made.address) {
            GuardSettings guard;
            guard.max_size = member.made.max_size;
            guard.max_calls = member.made.max_calls;
            member.scanner = std::make_unique<GuardedScanner>(kind.make(config, deadlines), guard);
        }
        members_.push_back(std::move(member));
    }
}

Daemons::~Daemons() = default;

bool Daemons::differ_from(const config::Config& config) const {
    for (std::size_t i = 0; i < kinds.size(); ++i)
        if (members_[i].made != making(kinds[i], config)) return true;
    return false;
}

bool Daemons::wanted(const config::Config& config, const Policy& policy) {
    return std::any_of(kinds.begin(), kinds.end(), [&](const Kind& kind) {
        return kind.options(config).address && policy.*kind.mode != config::Mode::off;
    });
}

net::task<Look> Daemons::ask(Scanner& scanner, const Octets& message, const Envelope& envelope, Duration timeout, Look look) {
    look.outcome = co_await scanner.scan(message, envelope, timeout);
    co_return look;
}

net::task<std::vector<Look>> Daemons::ask(const Octets& message, const Envelope& envelope, const config::Config& config,
                                          const Policy& policy) {
    std::vector<net::task<Look>> asked;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        const auto& options = kinds[i].options(config);
        Look look;
        look.scanner = kinds[i].name;
        look.mode = policy.*kinds[i].mode;
        look.away = options.away;
        look.weight = options.weight;
        look.suspicion_score = config.clamav.suspicion_score;
        if (!members_[i].scanner || look.mode == config::Mode::off) continue;
        const auto timeout = std::min(options.timeout, config.content.scan_timeout);
        asked.push_back(ask(*members_[i].scanner, message, envelope, timeout, std::move(look)));
    }
    auto all = net::together(std::move(asked));
    co_return co_await std::move(all);
}

} // namespace lazaret::scan

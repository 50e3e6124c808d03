// For tests only: one message through one scanner, the outcome as a line of JSON.
//   scan_probe clamav|spamassassin|rspamd ENDPOINT FILE [TIMEOUT_MS]
//   scan_probe version ENDPOINT

#include "core/text.hpp"
#include "net/init.hpp"
#include "scan/clamd_client.hpp"
#include "scan/guarded_scanner.hpp"
#include "scan/rspamd_client.hpp"
#include "scan/spamd_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>
#include <exception>

using namespace lazaret;
using namespace lazaret::scan;

namespace {

struct World {
    net::asio::io_context io{1};
    net::Deadlines deadlines{io};

    /// Until the coroutine has ended.
    void run(net::task<> main) {
        net::asio::co_spawn(io, std::move(main), [this](std::exception_ptr failure) {
            deadlines.stop();
            if (failure) std::rethrow_exception(failure);
        });
        io.run();
    }
};

std::unique_ptr<Scanner> make(std::string_view name, const Endpoint& at, net::Deadlines& deadlines) {
    if (name == "clamav") return std::make_unique<ClamdClient>(at, deadlines);
    if (name == "spamassassin") return std::make_unique<SpamdClient>(at, "", deadlines);
    if (name == "rspamd") return std::make_unique<RspamdClient>(at, "outbound", deadlines);
    return nullptr;
}

Envelope some_envelope() {
    Envelope envelope;
    envelope.client = IpAddress::parse("192.0.2.7").value();
    envelope.helo = "pc.home.example";
    envelope.sender = envelope.account = "ann@isle.example";
    envelope.recipients = {"bob@far.example", "cy@far.example"};
    envelope.trace_id = "01JD00000000000000000PROBE";
    envelope.tls_version = "TLSv1.3";
    envelope.tls_cipher = "TLS_AES_256_GCM_SHA384";
    return envelope;
}

net::task<> scan_it(Scanner& scanner, const Octets& message, const Envelope& envelope, Duration timeout, Outcome& outcome) {
    outcome = co_await scanner.scan(message, envelope, timeout);
}

net::task<> ask_version(ClamdClient& clamd, Result<clamd::Version>& version) {
    version = co_await clamd.version(std::chrono::seconds(10));
}

int show_version(const Endpoint& at) {
    World world;
    ClamdClient client(at, world.deadlines);
    Result<clamd::Version> version;
    world.run(ask_version(client, version));
    nlohmann::json line;
    if (version) line = {{"engine", version->engine}, {"database", version->database}};
    else line = {{"failure", version.error().message}};
    std::puts(line.dump().c_str());
    return 0;
}

int show_outcome(std::string_view name, const Endpoint& at, const char* file, Duration timeout) {
    World world;
    GuardedScanner scanner(make(name, at, world.deadlines), GuardSettings());
    const int descriptor = ::open(file, O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (descriptor < 0 || ::fstat(descriptor, &status) != 0) {
        std::perror(file);
        return 2;
    }
    const FileOctets octets(descriptor, 0, static_cast<std::uint64_t>(status.st_size));
    const auto envelope = some_envelope();
    Outcome outcome;
    world.run(scan_it(scanner, octets, envelope, timeout, outcome));
    nlohmann::json findings = nlohmann::json::object();
    for (const auto& finding : outcome.findings)
        findings[finding.name] = finding.score;
    const nlohmann::json line{{"state", to_string(outcome.state)}, {"wish", to_string(outcome.wish)},
                              {"score", outcome.score},            {"findings", findings},
                              {"failure", outcome.failure},        {"ms", outcome.took.count() / 1000}};
    std::puts(line.dump().c_str());
    return 0;
}

} // namespace

int main(int count, char** words) {
    net::init();
    const auto word = [&](int i) { return i < count ? std::string_view(words[i]) : std::string_view(); };
    const auto at = Endpoint::parse(word(2));
    if (!at) {
        std::fprintf(stderr, "scan_probe: %s\n", at.error().message.c_str());
        return 2;
    }
    if (word(1) == "version") return show_version(*at);
    World unused;
    if (count < 4 || !make(word(1), *at, unused.deadlines)) {
        std::fprintf(stderr, "scan_probe: no such scanner, or no file\n");
        return 2;
    }
    const auto timeout = parse_unsigned(word(4)).value_or(10'000);
    return show_outcome(word(1), *at, words[3], std::chrono::milliseconds(timeout));
}

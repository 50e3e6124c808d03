// For tests/corpus: reads names of files with messages from standard input, and says of each, in a line of JSON, what the
// checks in this process and the daemons find, one after the other, and how long each takes.
//   corpus_probe [rules=FILE] [clamav=ENDPOINT] [spamassassin=ENDPOINT] [rspamd=ENDPOINT]

#include "core/text.hpp"
#include "message/header.hpp"
#include "mime/words.hpp"
#include "net/init.hpp"
#include "scan/attachments.hpp"
#include "scan/clamd_client.hpp"
#include "scan/guarded_scanner.hpp"
#include "scan/links.hpp"
#include "scan/reading.hpp"
#include "scan/rspamd_client.hpp"
#include "scan/rules.hpp"
#include "scan/spamd_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <nlohmann/json.hpp>

#include <time.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

using namespace lazaret;
using namespace lazaret::scan;
using nlohmann::json;

namespace {

/// Of this thread, in milliseconds.
double cpu_now() {
    timespec at{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return static_cast<double>(at.tv_sec) * 1e3 + static_cast<double>(at.tv_nsec) / 1e6;
}

/// As on the wire.
std::string with_crlf(const std::string& text) {
    std::string out;
    out.reserve(text.size() + text.size() / 40);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
        out += text[i];
    }
    return out;
}

json told(const std::vector<verdict::Finding>& findings) {
    json out = json::object();
    for (const auto& each : findings)
        out[each.name] = {{"score", each.score}, {"mode", verdict::to_string(each.mode)}};
    return out;
}

class Probe {
  public:
    explicit Probe(const std::map<std::string, std::string>& given) {
        if (const auto rules = given.find("rules"); rules != given.end()) rules_ = RuleSet::load(rules->second).value();
        if (const auto at = endpoint(given, "clamav")) keep(std::make_unique<ClamdClient>(*at, deadlines_));
        if (const auto at = endpoint(given, "spamassassin")) keep(std::make_unique<SpamdClient>(*at, "", deadlines_));
        if (const auto at = endpoint(given, "rspamd")) keep(std::make_unique<RspamdClient>(*at, "outbound", deadlines_));
        envelope_.client = IpAddress::parse("192.0.2.7").value();
        envelope_.helo = "[192.168.1.20]";
        envelope_.account = "subscriber";
    }

    json run(const std::string& message) {
        json out{{"octets", message.size()}};
        if (rules_) local(message, out);
        const MemoryOctets octets(message);
        message::HeaderReader header;
        header.feed(message);
        header.finish();
        envelope_.sender = mime::first_mailbox(header.first("From").value_or("")).address;
        envelope_.recipients = {mime::first_mailbox(header.first("To").value_or("somebody@far.example")).address};
        for (auto& scanner : scanners_) {
            Outcome outcome;
            bool done = false;
            net::asio::co_spawn(io_, ask(*scanner, octets, outcome), [&done](std::exception_ptr failure) {
                done = true;
                if (failure) std::rethrow_exception(failure);
            });
            while (!done)
                io_.run_one();
            out[std::string(scanner->name())] = {{"state", to_string(outcome.state)},
                                                 {"wish", to_string(outcome.wish)},
                                                 {"score", outcome.score},
                                                 {"failure", outcome.failure},
                                                 {"findings", told(outcome.findings)},
                                                 {"ms", static_cast<double>(outcome.took.count()) / 1000}};
        }
        return out;
    }

  private:
    static std::optional<Endpoint> endpoint(const std::map<std::string, std::string>& given, const char* name) {
        const auto found = given.find(name);
        if (found == given.end()) return std::nullopt;
        return Endpoint::parse(found->second).value();
    }
    void keep(std::unique_ptr<Scanner> scanner) {
        scanners_.push_back(std::make_unique<GuardedScanner>(std::move(scanner), GuardSettings()));
    }

    net::task<> ask(Scanner& scanner, const Octets& octets, Outcome& outcome) {
        outcome = co_await scanner.scan(octets, envelope_, std::chrono::seconds(60));
    }

    void local(const std::string& message, json& out) {
        message::HeaderReader header;
        header.feed(message);
        header.finish();
        double mark = cpu_now();
        const auto lap = [&mark] {
            const double before = std::exchange(mark, cpu_now());
            return mark - before;
        };
        Reading reading(message, header.body_offset());
        const bool plain = reading.is_plain();
        if (!plain) reading.mime();
        reading.text();
        reading.uris();
        const double read = lap();
        const auto print = reading.fingerprint();
        const double hashed = lap();
        const auto by_rules = scanner_.scan(*rules_, reading);
        const double matched = lap();
        auto others = check_attachments(reading, attachments_);
        const auto links = check_links(reading, links_);
        others.insert(others.end(), links.begin(), links.end());
        const double checked = lap();
        out["reading"] = {{"ms", read}, {"plain", plain}};
        out["fingerprint"] = {{"ms", hashed}, {"value", print}};
        out["rules"] = {{"ms", matched}, {"findings", told(by_rules)}};
        out["attachments"] = {{"ms", checked}, {"findings", told(others)}};
    }

    net::asio::io_context io_{1};
    net::Deadlines deadlines_{io_};
    std::vector<std::unique_ptr<GuardedScanner>> scanners_;
    std::shared_ptr<const RuleSet> rules_;
    RuleScanner scanner_;
    AttachmentPolicy attachments_;
    LinkPolicy links_;
    Envelope envelope_;
};

} // namespace

int main(int count, char** words) {
    net::init();
    std::map<std::string, std::string> given;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        const auto equals = word.find('=');
        if (equals == word.npos) {
            std::fprintf(stderr, "corpus_probe: NAME=VALUE expected\n");
            return 2;
        }
        given.emplace(word.substr(0, equals), word.substr(equals + 1));
    }
    Probe probe(given);
    std::string file;
    while (std::getline(std::cin, file)) {
        std::ifstream in(file, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
        auto line = probe.run(with_crlf(text));
        line["file"] = file;
        std::puts(line.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
        std::fflush(stdout);
    }
    return 0;
}

// scan: one message through all checks and scanners, without sending it

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "core/ids.hpp"
#include "message/header.hpp"
#include "net/init.hpp"
#include "scan/dns.hpp"
#include "scan/judge.hpp"
#include "scan/local_checks.hpp"
#include "scan/reading.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

namespace lazaret::cli {

namespace {

using Kind = verdict::Verdict::Kind;
using Clock = std::chrono::steady_clock;

struct Wanted {
    std::string file, network_class = "dynamic", plan, client = "192.0.2.1", sender;
    std::vector<std::string> recipients;
};

struct Scanned {
    std::vector<verdict::Finding> local;
    std::vector<scan::CheckLook> checks; ///< of this process
    Duration reading_took{}, local_took{}; ///< taking the message apart; that and all checks
    std::vector<std::string> hosts; ///< that DNS lists are asked about
    std::vector<scan::Look> looks;
    std::vector<scan::ListLook> lists;
};

/// The file as the next hop would get it: every line ends in CRLF.
std::string read_message(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw Failure(Status::failed, file + " cannot be read");
    std::string octets{std::istreambuf_iterator<char>(stream), {}}, message;
    if (stream.bad()) throw Failure(Status::failed, file + " cannot be read to its end");
    message.reserve(octets.size() + octets.size() / 32);
    char before = 0;
    for (const char c : octets) {
        if (c == '\n' && before != '\r') message += '\r';
        message += before = c;
    }
    return message;
}

std::uint64_t body_of(const std::string& message) {
    ::lazaret::message::HeaderReader header;
    header.feed(message);
    header.finish();
    return header.body_offset();
}

void look(const std::string& message, const config::Config& config, const scan::LocalChecks& checks, Scanned& out) {
    const auto begun = Clock::now();
    const auto body_at = body_of(message);
    const scan::MemoryOctets whole(message);
    scan::Reading reading(std::string_view(message).substr(0, scan::octets_to_read(body_at, config.content.scan_size)), body_at,
                          &whole);
    reading.text();
    reading.uris();
    out.reading_took = std::chrono::duration_cast<Duration>(Clock::now() - begun);
    scan::RuleScanner rules;
    out.local = checks.run(reading, rules, &out.checks);
    out.hosts = checks.hosts(reading);
    out.local_took = std::chrono::duration_cast<Duration>(Clock::now() - begun);
}

net::task<> ask(scan::Daemons& daemons, const scan::Octets& octets, const scan::Envelope& envelope, const config::Config& config,
                const scan::Policy& policy, Scanned& out) {
    out.looks = co_await daemons.ask(octets, envelope, config, policy);
}

net::task<> ask_lists(scan::Dns& dns, IpAddress client, verdict::Mode mode, Duration timeout, Scanned& out) {
    out.lists = co_await dns.lists().scan(out.hosts, client, mode, timeout);
    dns.stop(); // what is still under way keeps the loop going
}

void ask_all(const std::string& message, const config::Config& config, const scan::Policy& policy, const Wanted& wanted,
             Scanned& out) {
    net::init();
    net::asio::io_context io{1};
    net::Deadlines deadlines{io};
    scan::Daemons daemons(config, deadlines);
    const scan::MemoryOctets octets(message);
    scan::Envelope envelope;
    envelope.client = value_or_fail(IpAddress::parse(wanted.client));
    envelope.sender = wanted.sender;
    envelope.recipients = wanted.recipients;
    envelope.account = wanted.sender;
    envelope.trace_id = TraceId::make(now()).view();
    net::asio::co_spawn(io, ask(daemons, octets, envelope, config, policy, out), [&](std::exception_ptr failure) {
        deadlines.stop();
        if (failure) std::rethrow_exception(failure);
    });
    scan::Dns dns(io.get_executor(), config);
    const auto timeout = std::min(config.dns.timeout, config.content.scan_timeout);
    if (scan::Dns::has_lists(config, policy))
        net::asio::co_spawn(io, ask_lists(dns, envelope.client, policy.dns_lists, timeout, out), [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        });
    io.run();
}

std::string word(const scan::Judgement& judgement) {
    std::string text;
    switch (judgement.kind) {
    case Kind::accept: text = "accept"; break;
    case Kind::defer: text = "defer"; break;
    case Kind::refuse: text = "refuse"; break;
    case Kind::discard: text = "discard"; break;
    }
    if (judgement.divert) text += ", divert";
    if (judgement.tag) text += ", tag";
    return text;
}

std::string number(double value) {
    std::string text = verdict::to_string(verdict::Finding("", verdict::Mode::off, value));
    return text.substr(text.rfind(':') + 1);
}

std::string milliseconds(Duration took) {
    return number(std::round(static_cast<double>(took.count()) / 100) / 10);
}

/// All findings but those of the daemons.
std::vector<verdict::Finding> own_findings(const Scanned& scanned) {
    auto findings = scanned.local;
    for (const auto& each : scanned.lists)
        findings.insert(findings.end(), each.outcome.findings.begin(), each.outcome.findings.end());
    return findings;
}

Json to_json(const verdict::Finding& finding) {
    Json json;
    json["name"] = finding.name;
    json["mode"] = std::string(verdict::to_string(finding.mode));
    json["score"] = finding.score;
    json["tags"] = finding.tags;
    return json;
}

Json to_json(const scan::CheckLook& look) {
    Json json;
    json["name"] = std::string(look.check);
    json["findings"] = look.findings;
    json["ms"] = static_cast<double>(look.took.count()) / 1000;
    return json;
}

Json to_json(const std::string& scanner, const scan::Outcome& outcome) {
    Json one, symbols = Json::array();
    one["name"] = scanner;
    one["state"] = std::string(to_string(outcome.state));
    one["wish"] = std::string(to_string(outcome.wish));
    one["score"] = outcome.score;
    one["failure"] = outcome.failure;
    one["ms"] = static_cast<double>(outcome.took.count()) / 1000;
    for (const auto& symbol : outcome.findings) {
        Json each;
        each["name"] = symbol.name;
        each["score"] = symbol.score;
        symbols.push_back(std::move(each));
    }
    one["symbols"] = std::move(symbols);
    return one;
}

void print_as_json(const Scanned& scanned, const scan::Judgement& judgement) {
    Json json, findings = Json::array(), checks = Json::array(), scanners = Json::array();
    json["verdict"] = std::string(verdict::to_string(judgement.kind));
    json["tag"] = judgement.tag;
    json["divert"] = judgement.divert;
    json["reason"] = judgement.reason;
    json["score"] = judgement.score;
    for (const auto& finding : judgement.findings) findings.push_back(to_json(finding));
    json["findings"] = std::move(findings);
    json["local_ms"] = static_cast<double>(scanned.local_took.count()) / 1000;
    json["reading_ms"] = static_cast<double>(scanned.reading_took.count()) / 1000;
    for (const auto& look : scanned.checks) checks.push_back(to_json(look));
    json["checks"] = std::move(checks);
    for (const auto& look : scanned.looks) scanners.push_back(to_json(std::string(look.scanner), look.outcome));
    for (const auto& look : scanned.lists) scanners.push_back(to_json("dns." + look.list, look.outcome));
    json["scanners"] = std::move(scanners);
    print_json(json);
}

/// SpamAssassin and rspamd have a total, in which their symbols have counted already.
bool has_total(const scan::Look& look) {
    return look.outcome.wish != scan::Wish::virus && look.outcome.wish != scan::Wish::suspicion;
}

bool is_symbol(const std::string& name, const Scanned& scanned) {
    return std::any_of(scanned.looks.begin(), scanned.looks.end(), [&](const scan::Look& look) {
        const auto& symbols = look.outcome.findings;
        const auto is_it = [&](const verdict::Finding& symbol) { return symbol.name == name; };
        return has_total(look) && std::any_of(symbols.begin(), symbols.end(), is_it);
    });
}

void print_for_people(const Scanned& scanned, const scan::Judgement& judgement, const scan::Policy& policy) {
    Table scanners({"SCANNER", "RESULT", "ITS SCORE", "MS", "SAYS"});
    scanners.add({"reading", "-", "-", milliseconds(scanned.reading_took), "-"});
    for (const auto& look : scanned.checks)
        scanners.add({std::string(look.check), look.findings == 0 ? "clean" : "found", "-", milliseconds(look.took),
                      look.findings == 0 ? "-" : show_count(look.findings, "finding")});
    for (const auto& look : scanned.looks) {
        const auto& outcome = look.outcome;
        const auto says = !outcome.failure.empty() ? outcome.failure : std::string(to_string(outcome.wish));
        scanners.add({std::string(look.scanner), std::string(to_string(outcome.state)), number(outcome.score),
                      milliseconds(outcome.took), says});
    }
    for (const auto& [list, outcome] : scanned.lists) {
        const auto says = !outcome.failure.empty() ? outcome.failure : outcome.findings.empty() ? std::string("-") : outcome.findings.front().name;
        scanners.add({"dns." + list, std::string(to_string(outcome.state)), number(outcome.score), milliseconds(outcome.took), says});
    }
    scanners.print();
    std::cout << "\n";
    Table findings({"FINDING", "MODE", "SCORE"});
    for (const auto& finding : judgement.findings)
        if (!is_symbol(finding.name, scanned))
            findings.add({finding.name, std::string(verdict::to_string(finding.mode)), number(finding.score)});
    for (const auto& look : scanned.looks)
        for (const auto& symbol : look.outcome.findings)
            if (has_total(look)) findings.add({"  " + symbol.name, "in " + std::string(look.scanner), number(symbol.score)});
    findings.print();
    std::cout << "\nverdict: " << word(judgement) << (judgement.reason.empty() ? "" : " because of " + judgement.reason)
              << "; enforced score " << number(judgement.score) << ", refused from " << number(policy.reject_score) << "\n";
}

void scan_file(Context& context, const Wanted& wanted) {
    const auto& config = context.configuration();
    const auto policy = scan::policy_for(config, wanted.network_class, wanted.plan);
    const auto checks = scan::LocalChecks::load(config);
    if (!checks) throw Failure(Status::config, checks.error().message);
    const auto message = read_message(wanted.file);
    Scanned scanned;
    if (policy.mode != config::Mode::off) look(message, config, **checks, scanned);
    if (scan::Daemons::wanted(config, policy) || scan::Dns::has_lists(config, policy)) ask_all(message, config, policy, wanted, scanned);
    const auto judgement = scan::judge(own_findings(scanned), scanned.looks, policy);
    if (context.json) print_as_json(scanned, judgement);
    else print_for_people(scanned, judgement, policy);
    if (judgement.kind != Kind::accept) throw Failure(Status::failed, "the message would not be sent");
}

} // namespace

void add_scan(arguments::Command& program, Context& context) {
    auto wanted = std::make_shared<Wanted>();
    auto command = program.add("scan", "what checks and scanners find in a message, and the verdict; nothing is sent. Exit "
                                       "status 1: it would be refused, deferred or discarded");
    command.option("FILE", wanted->file, "the message, header and body").required().is("FILE");
    command.option("--class", wanted->network_class, "class of the sender's network, for [[content_policy]]")
        .one_of({"dynamic", "static", "business", "trusted"})
        .shows_default();
    command.option("--plan", wanted->plan, "plan of the sender, for [[content_policy]]").is("PLAN");
    command.option("--client", wanted->client, "address of the client, as scanners are told").is("IP").shows_default();
    command.option("--from", wanted->sender, "sender of the envelope and login, as scanners are told").is("ADDRESS");
    command.option("--to", wanted->recipients, "recipients of the envelope, as scanners are told").is("ADDRESS").repeatable();
    command.run([&context, wanted] { scan_file(context, *wanted); });
}

} // namespace lazaret::cli

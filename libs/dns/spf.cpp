#include "dns/spf.hpp"

#include "core/text.hpp"
#include "spf/record.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

namespace lazaret::dns {

namespace {

using spf::Mechanism;
using spf::Verdict;
using Clock = std::chrono::steady_clock;

constexpr unsigned most_lookups = 10, most_void_lookups = 2;
constexpr std::size_t most_hosts = 10;

/// What a mechanism comes to, and each step of it; an error is the whole check's.
enum class Match { yes, no, temperror, permerror };

/// "www.isle.example" is below "isle.example", and that itself is.
bool is_within(std::string_view name, std::string_view domain) {
    if (name.size() == domain.size()) return ascii_iequals(name, domain);
    return name.size() > domain.size() && name[name.size() - domain.size() - 1] == '.' &&
           ascii_iequals(name.substr(name.size() - domain.size()), domain);
}

class Check {
  public:
    Check(Resolver& resolver, const SpfQuestion& question, Duration limit) : resolver_(resolver), until_(Clock::now() + limit) {
        values_.client = question.client;
        values_.sender_local = question.local;
        values_.sender_domain = question.domain;
        values_.helo = question.helo;
    }

    net::task<Verdict> check_host(std::string domain) {
        if (!spf::is_domain(domain)) co_return Verdict::none;
        const auto answer = co_await ask(domain, Type::txt);
        if (answer.state == Answer::State::failed) co_return Verdict::temperror;
        const auto& texts = answer.texts;
        const auto text = std::find_if(texts.begin(), texts.end(), spf::Record::is_one);
        if (text == texts.end()) co_return Verdict::none;
        if (std::any_of(text + 1, texts.end(), spf::Record::is_one)) co_return Verdict::permerror;
        const auto record = spf::Record::parse(*text);
        if (!record) co_return Verdict::permerror;
        for (const auto& mechanism : record->mechanisms) {
            const auto match = co_await matches(mechanism, domain);
            if (match == Match::yes) co_return mechanism.qualifier;
            if (match == Match::temperror) co_return Verdict::temperror;
            if (match == Match::permerror) co_return Verdict::permerror;
        }
        if (!record->redirect) co_return Verdict::neutral; // 4.7
        if (++lookups_ > most_lookups) co_return Verdict::permerror;
        std::string target;
        const auto expanded = co_await expand(*record->redirect, domain, target);
        if (expanded != Match::yes) co_return Verdict::permerror;
        const auto verdict = co_await check_host(target);
        co_return verdict == Verdict::none ? Verdict::permerror : verdict; // 6.1
    }

  private:
    using Kind = Mechanism::Kind;

    net::task<Answer> ask(std::string name, Type type) {
        const auto left = std::chrono::duration_cast<Duration>(until_ - Clock::now());
        Question question(std::move(name), type);
        auto answer = co_await resolver_.ask(std::move(question), std::max(left, Duration::zero()));
        co_return answer;
    }

    /// `no` where there is nothing, which may happen twice.
    net::task<Match> look_up(std::string name, Type type, Answer& answer) {
        if (!spf::is_domain(name)) co_return Match::no; // 4.8
        answer = co_await ask(std::move(name), type);
        if (answer.state == Answer::State::found) co_return Match::yes;
        if (answer.state == Answer::State::failed) co_return Match::temperror;
        co_return ++void_lookups_ > most_void_lookups ? Match::permerror : Match::no;
    }

    Type address_type() const { return values_.client.is_v4() ? Type::a : Type::aaaa; }

    net::task<Match> matches(const Mechanism& mechanism, const std::string& domain) {
        switch (mechanism.kind) {
        case Kind::all: co_return Match::yes;
        case Kind::ip4:
        case Kind::ip6: co_return mechanism.network.contains(values_.client) ? Match::yes : Match::no;
        default: break;
        }
        if (++lookups_ > most_lookups) co_return Match::permerror;
        std::string target = domain;
        if (mechanism.domain) {
            const auto expanded = co_await expand(*mechanism.domain, domain, target);
            if (expanded != Match::yes) co_return expanded;
        }
        Answer ignored;
        switch (mechanism.kind) {
        case Kind::include: co_return co_await includes(target);
        case Kind::mx: co_return co_await has_exchange(mechanism, target);
        case Kind::ptr: co_return co_await is_named(target);
        case Kind::exists: co_return co_await look_up(target, Type::a, ignored); // of IPv6 clients, too (5.7)
        default: co_return co_await has_address(mechanism, target);
        }
    }

    /// 5.2.
    net::task<Match> includes(const std::string& target) {
        const auto verdict = co_await check_host(target);
        if (verdict == Verdict::pass) co_return Match::yes;
        if (verdict == Verdict::temperror) co_return Match::temperror;
        if (verdict == Verdict::permerror || verdict == Verdict::none) co_return Match::permerror;
        co_return Match::no;
    }

    net::task<Match> has_address(const Mechanism& mechanism, const std::string& host) {
        Answer answer;
        const auto found = co_await look_up(host, address_type(), answer);
        if (found != Match::yes) co_return found;
        const int prefix = values_.client.is_v4() ? mechanism.prefix_v4 : mechanism.prefix_v6;
        for (const auto& address : answer.addresses)
            if (Cidr(address, prefix).contains(values_.client)) co_return Match::yes;
        co_return Match::no;
    }

    net::task<Match> has_exchange(const Mechanism& mechanism, const std::string& target) {
        Answer hosts;
        const auto found = co_await look_up(target, Type::mx, hosts);
        if (found != Match::yes) co_return found;
        if (hosts.texts.size() > most_hosts) co_return Match::permerror;
        for (const auto& host : hosts.texts) {
            const auto match = co_await has_address(mechanism, host);
            if (match != Match::no) co_return match;
        }
        co_return Match::no;
    }

    /// 5.5.
    net::task<Match> is_named(const std::string& target) {
        const auto looked = co_await find_names();
        if (looked == Match::permerror) co_return looked;
        for (const auto& name : *names_)
            if (is_within(name, target)) co_return Match::yes;
        co_return Match::no;
    }

    /// The client's names that have its address, once. What the DNS does not answer is no name.
    net::task<Match> find_names() {
        if (names_) co_return Match::yes;
        names_.emplace();
        const auto reverse = spf::MacroString::parse("%{ir}.%{v}.arpa")->expand(values_, "");
        Answer claimed;
        const auto found = co_await look_up(reverse, Type::ptr, claimed);
        if (found != Match::yes) co_return found;
        claimed.texts.resize(std::min(claimed.texts.size(), most_hosts));
        for (auto& name : claimed.texts) {
            Answer answer;
            const auto known = co_await look_up(name, address_type(), answer);
            if (known == Match::permerror) co_return known;
            const auto& all = answer.addresses;
            if (std::find(all.begin(), all.end(), values_.client) != all.end()) names_->push_back(std::move(name));
        }
        co_return Match::yes;
    }

    /// The macro p is a name of the client, which has to be found out (7.3).
    net::task<Match> expand(const spf::MacroString& macro, const std::string& domain, std::string& into) {
        if (macro.uses('p')) {
            if (!names_ && ++lookups_ > most_lookups) co_return Match::permerror;
            const auto looked = co_await find_names();
            if (looked == Match::permerror) co_return looked;
            choose_name(domain);
        }
        into = macro.expand(values_, domain);
        co_return Match::yes;
    }

    /// The domain itself, or one below it, or any.
    void choose_name(const std::string& domain) {
        values_.validated = "unknown";
        const auto take = [&](auto&& fits) {
            const auto found = std::find_if(names_->begin(), names_->end(), fits);
            if (found != names_->end()) values_.validated = *found;
        };
        take([](const std::string&) { return true; });
        take([&](const std::string& name) { return is_within(name, domain); });
        take([&](const std::string& name) { return ascii_iequals(name, domain); });
    }

    Resolver& resolver_;
    const Clock::time_point until_;
    spf::MacroValues values_;
    unsigned lookups_ = 0, void_lookups_ = 0;
    std::optional<std::vector<std::string>> names_; ///< nullopt: not asked for yet
};

} // namespace

net::task<Verdict> check_host(Resolver& resolver, SpfQuestion question, Duration limit) {
    Check check(resolver, question, limit);
    const auto verdict = co_await check.check_host(question.domain);
    co_return verdict;
}

} // namespace lazaret::dns

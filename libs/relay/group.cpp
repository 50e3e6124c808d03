#include "relay/group.hpp"

#include "relay/spawn.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace lazaret::relay {

namespace {

namespace asio = net::asio;
using Kind = Fault::Kind;
using clock = net::Deadline::clock;
using Timer = asio::basic_waitable_timer<clock, asio::wait_traits<clock>, net::Executor>;
constexpr unsigned breaks_in_a_row = 2;

/// Both of two lists, in the order of the first.
void keep_common(std::vector<std::string>& words, const std::vector<std::string>& others) {
    std::erase_if(words, [&](const auto& word) { return std::find(others.begin(), others.end(), word) == others.end(); });
}

void intersect(smtp::Extensions& common, const smtp::Extensions& other) {
    common.pipelining = common.pipelining && other.pipelining;
    common.eight_bit_mime = common.eight_bit_mime && other.eight_bit_mime;
    common.smtputf8 = common.smtputf8 && other.smtputf8;
    common.dsn = common.dsn && other.dsn;
    common.enhanced_status_codes = common.enhanced_status_codes && other.enhanced_status_codes;
    common.starttls = common.starttls && other.starttls;
    common.chunking = common.chunking && other.chunking;
    if (other.size && other.max_size > 0) // a bound of one is a bound of all
        common.max_size = common.max_size == 0 ? other.max_size : std::min(common.max_size, other.max_size);
    common.size = common.size || other.size;
    keep_common(common.xforward, other.xforward);
    keep_common(common.xclient, other.xclient);
    keep_common(common.auth_mechanisms, other.auth_mechanisms);
}

/// Of refresh(): ends when the hop has answered, or the timer.
struct Answer {
    Answer(const net::Executor& executor, Duration longest) : timer(executor) { timer.expires_after(longest); }
    Timer timer;
    bool came = false;
};

net::task<> ask(Pool& pool, std::shared_ptr<Answer> answer) {
    co_await pool.look();
    std::optional<Lease> lease;
    auto acquiring = pool.acquire(lease, "", true);
    co_await std::move(acquiring);
    answer->came = true;
    answer->timer.cancel();
}

} // namespace

Needs::Needs(const smtp::MailFrom& mail, std::string_view account)
    : smtputf8(mail.smtputf8), eight_bit_mime(mail.body == smtp::Body::eight_bit_mime),
      dsn(mail.ret != smtp::Ret::unspecified || !mail.envid.empty()), size(mail.size.value_or(0)), login(account) {}

bool Needs::possible(const smtp::Extensions& offered) const {
    return (!smtputf8 || offered.smtputf8) && (!eight_bit_mime || offered.eight_bit_mime);
}

bool Needs::met(const smtp::Extensions& offered) const {
    const bool fits = !offered.size || offered.max_size == 0 || size <= offered.max_size;
    return possible(offered) && fits && (!dsn || offered.dsn);
}

HopGroup::HopGroup(asio::io_context& io, net::Deadlines& deadlines, std::vector<PoolSettings> hops)
    : executor_(io.get_executor()) {
    if (hops.empty()) throw std::invalid_argument("no next hop");
    for (auto& each : hops) {
        members_.emplace_back();
        members_.back().pool = std::make_unique<Pool>(io, deadlines, std::move(each));
    }
}

void HopGroup::start() {
    for (auto& member : members_) member.pool->start();
}

void HopGroup::stop() {
    for (auto& member : members_) member.pool->stop();
}

void HopGroup::update() {
    const auto generation = Hop::generation();
    if (generation == generation_) return;
    generation_ = generation;
    common_ = smtp::Extensions();
    for (auto& member : members_) member.offered = member.pool->hop().offered();
    const bool any = std::any_of(members_.begin(), members_.end(), [](const Member& each) {
        return each.pool->hop().known() && !each.pool->hop().away();
    });
    bool first = true;
    for (const auto& member : members_) {
        const auto& hop = member.pool->hop();
        if (!hop.known() || (any && hop.away())) continue;
        if (first) common_ = *member.offered;
        else intersect(common_, *member.offered);
        first = false;
    }
}

const smtp::Extensions& HopGroup::extensions() {
    update();
    return common_;
}

/// Healthy and not tried; one that offers what is asked before one that does not; then the least busy, and among
/// equals the next in turn.
HopGroup::Member* HopGroup::choose(const Needs& needs, const std::vector<bool>* tried, const Hop* avoid) {
    update();
    const auto count = members_.size();
    Member* best = nullptr;
    std::size_t best_at = 0;
    auto rank = [&](const Member& each) {
        // A hop that was never reached may offer anything: it is asked before one that offers too little.
        const bool known = each.pool->hop().known();
        const unsigned lacks = !known || needs.met(*each.offered) ? 0 : needs.possible(*each.offered) ? 1 : 2;
        return std::pair(lacks + (&each.pool->hop() == avoid ? 4u : 0u), each.pool->busy());
    };
    for (std::size_t i = 0; i < count; ++i) {
        const auto at = (turn_ + i) % count;
        auto& each = members_[at];
        if ((tried && (*tried)[at]) || each.pool->hop().away()) continue;
        if (best && rank(*best) <= rank(each)) continue;
        best = &each;
        best_at = at;
    }
    if (best) turn_ = (best_at + 1) % count;
    return best;
}

std::optional<Lease> HopGroup::take_idle(const Needs& needs) {
    auto* member = choose(needs, nullptr, nullptr);
    if (!member) return std::nullopt;
    auto lease = member->pool->take_idle(needs.login);
    if (!lease) turn_ = static_cast<std::size_t>(member - members_.data()); // acquire() asks the same hop
    return lease;
}

net::task<Fault> HopGroup::acquire(std::optional<Lease>& lease, const Needs& needs, bool fresh, const Hop* avoid) {
    if (!reachable()) co_await look();
    Fault last(Kind::refused, "no next hop is healthy");
    std::vector<bool> tried(members_.size());
    while (auto* member = choose(needs, &tried, avoid)) {
        tried[static_cast<std::size_t>(member - members_.data())] = true;
        last = co_await member->pool->acquire(lease, needs.login, !fresh);
        // Where one is full the others are, too: the least busy was chosen.
        if (!last || last.kind == Kind::busy || last.kind == Kind::local) break;
    }
    co_return last;
}

/// Nobody is left: what the next probe would find a moment later is found out now.
net::task<> HopGroup::look() {
    const auto end = clock::now() + members_.front().pool->settings().connect_timeout;
    for (auto& member : members_) {
        co_await member.pool->look();
        if (!member.pool->hop().away() || clock::now() >= end) co_return;
    }
}

void HopGroup::broke(Hop& hop, const Fault& fault) {
    hop.faults.Increment();
    if (hop.broke() >= breaks_in_a_row && has_other(hop)) hop.went_away("broke twice in a row: " + fault.text);
}

bool HopGroup::has_other(const Hop& hop) const {
    return std::any_of(members_.begin(), members_.end(), [&](const Member& each) {
        return &each.pool->hop() != &hop && !each.pool->hop().away();
    });
}

bool HopGroup::may_come_back(const Needs& needs) const {
    return std::any_of(members_.begin(), members_.end(), [&](const Member& each) {
        const auto& hop = each.pool->hop();
        return hop.away() && (!hop.known() || needs.possible(*hop.offered()));
    });
}

bool HopGroup::is_current() {
    bool current = reachable();
    for (auto& member : members_)
        if (!member.pool->hop().away() && !member.pool->stands()) current = false;
    return current;
}

net::task<> HopGroup::refresh(Duration at_most) {
    const auto end = clock::now() + at_most;
    const bool any = reachable();
    for (auto& member : members_) {
        if ((any && member.pool->hop().away()) || member.pool->stands()) continue;
        const auto left = std::chrono::duration_cast<Duration>(end - clock::now());
        if (left <= Duration::zero()) break;
        auto answer = std::make_shared<Answer>(executor_, left);
        asio::co_spawn(executor_, ask(*member.pool, answer), rethrow);
        if (!answer->came) co_await answer->timer.async_wait(net::use_task);
    }
}

bool HopGroup::reachable() const {
    return std::any_of(members_.begin(), members_.end(), [](const Member& each) { return !each.pool->hop().away(); });
}

std::size_t HopGroup::idle() const {
    std::size_t sum = 0;
    for (const auto& member : members_) sum += member.pool->idle();
    return sum;
}

} // namespace lazaret::relay

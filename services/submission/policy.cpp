#include "submission/policy.hpp"

#include "log/log.hpp"
#include "submission/worker.hpp"

namespace lazaret::submission {

namespace {

constexpr Duration longest_idle = std::chrono::minutes(10);    ///< Postfix closes after five (smtpd_policy_service_max_idle)
constexpr Duration longest_request = std::chrono::seconds(30); ///< between two pieces of one request
constexpr std::size_t longest_instance = 128;

} // namespace

PolicySession::PolicySession(Worker& worker, net::Accepted client, Admission::Place place)
    : worker_(worker), place_(std::move(place)), stream_(std::move(client), worker.deadlines()) {
    worker_.entered(*this);
    numbers().of(Port::policy).sessions.Increment();
}

PolicySession::~PolicySession() {
    numbers().of(Port::policy).sessions.Decrement();
}

net::task<> PolicySession::run() {
    bool good = true;
    while (good && !worker_.node().draining.load(std::memory_order_relaxed)) {
        const net::Transfer got = stream_.try_read(worker_.scratch());
        if (got.state == net::Transfer::State::would_block) {
            const net::Transfer ready = co_await stream_.wait_readable(reader_.idle() ? longest_idle : longest_request);
            if (!ready.ok()) break;
            continue;
        }
        if (!got.ok()) break;
        std::string_view octets(worker_.scratch().data(), got.count);
        while (good && !octets.empty()) {
            octets.remove_prefix(reader_.feed(octets));
            if (reader_.state() == smtp::PolicyReader::State::complete) good = answer(reader_.take());
            else good = reader_.state() != smtp::PolicyReader::State::fault;
        }
        if (!good && worker_.node().worth_a_line(stream_.peer_address(), lazaret::now()))
            log::warn("policy_request_malformed", "a policy request cannot be understood, and gets no answer",
                      {{"client", stream_.peer_address().to_string()}});
        if (out_.empty()) continue;
        const net::Transfer sent = co_await stream_.write(out_, longest_request);
        out_.clear();
        if (!sent.ok()) break;
    }
    stream_.close();
    if (!instance_.empty()) worker_.node().desk.over(stream_.peer_address(), instance_, lazaret::now());
}

bool PolicySession::answer(smtp::PolicyRequest request) {
    if (request.instance.empty() || request.instance.size() > longest_instance) return false;
    auto& desk = worker_.node().desk;
    const Time now = lazaret::now();
    if (instance_ != request.instance) {
        if (!instance_.empty()) desk.over(stream_.peer_address(), instance_, now);
        instance_ = request.instance;
    }
    if (const auto refusal = desk.decide(request, stream_.peer_address(), now)) smtp::append_action(out_, *refusal);
    else smtp::append_dunno(out_);
    return true;
}

} // namespace lazaret::submission

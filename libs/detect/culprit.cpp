#include "detect/culprit.hpp"

#include <algorithm>
#include <cmath>

namespace lazaret::detect {
namespace {

// Refusals that blame the sender: how often they meet an honest subscriber's mail when they meet everybody's so often, and an
// offender's.
constexpr double refused_prior = 0.01, refused_prior_worth = 100, refused_strength = 8;
constexpr double refused_bad_yes = 2, refused_bad_no = 4, refused_shown = 0.6;

constexpr std::size_t most_lists = 1000; // by name: strangers may write as many as they like

std::string count_words(double count, const char* one, const char* many) {
    const auto whole = std::llround(count);
    return std::to_string(whole) + " " + (whole == 1 ? one : many);
}

} // namespace

Culprits::Culprits(const Options& options, Window window)
    : detector_(options), window_(std::move(window)), replies_(options.reading.replies) {}

Result<void> Culprits::take(const event::Event& event) {
    if (event.subscriber.empty() || event.at >= window_.until) return {};
    auto found = subjects_.find(event.subscriber);
    if (found == subjects_.end()) {
        if (subjects_.size() >= max_subscribers)
            return Error("found more than " + std::to_string(max_subscribers) + " subscribers");
        found = subjects_.emplace(event.subscriber, Subject()).first;
        found->second.state = State(profile_of(subscriber::Class::dynamic));
    }
    Subject& subject = found->second;
    const StateOf state_of = [&](const std::string& id) -> State& {
        return id == event.subscriber ? subject.state : part_state(id);
    };
    if (event.at < window_.since) {
        detect::feed(detector_, state_of, past_campaigns_, event);
        return {};
    }
    if (event.type == event::Type::message_relayed) {
        ++subject.messages;
        subject.recipients += event.recipients.size();
    }
    if (event.type == event::Type::delivery_result) take_result(subject, event);
    // What is known of campaigns was learned when everybody was taken: who is taken again is not counted twice.
    detect::feed(detector_, state_of, subject.is_again ? *again_ : campaigns_, event);
    look(subject, event);
    return {};
}

State& Culprits::part_state(const std::string& id) {
    if (const auto found = parts_.find(id); found != parts_.end()) return found->second;
    if (parts_.size() < max_parts) return parts_[id];
    return spare_ = State();
}

void Culprits::take_result(Subject& subject, const event::Event& event) {
    const RemoteRefusal refusal = read_refusal(event, *replies_);
    const bool is_refused = refusal.blames();
    // A delay without blame tells nothing yet.
    const bool tells = is_refused || event.delivery == event::DeliveryStatus::sent ||
                       event.delivery == event::DeliveryStatus::bounced;
    const bool is_meant = is_refused && (!window_.egress || refusal.may_mean(*window_.egress)) &&
                          (window_.listing.empty() || refusal.may_mean(window_.listing));
    if (tells) subject.refused.add(is_meant, 1);
    if (!is_refused || subject.is_again) return;
    std::string about = refusal.list.empty() ? std::string(to_string(refusal.why)) : refusal.list;
    if (refusals_.size() >= most_lists && !refusals_.contains(about)) about = to_string(refusal.why);
    RefusalCount& count = refusals_[about];
    if (count.count++ == 0) {
        count.about = about;
        count.first = event.at;
    }
    count.last = event.at;
}

void Culprits::look(Subject& subject, const event::Event& event) {
    look_at(subject.whole, subject.state, 0, Part(), event);
    const auto number = part_of(event);
    if (subject.state.parts == 0 || number == 0) return;
    // As in Detector::feed_part(): the worst of several parts is no surprise.
    const double handicap = std::log(static_cast<double>(subject.state.parts));
    if (const auto part = parts_.find(part_id(event.subscriber, number)); part != parts_.end())
        look_at(subject.part, part->second, handicap, describe_part(event), event);
}

/// The day's highest score stands in the state: whether a new one is reached costs a comparison, and only then the score is asked for.
void Culprits::look_at(Worst& worst, const State& state, double handicap, const Part& part, const event::Event& event) {
    if (static_cast<double>(state.suspicion_today) - handicap <= worst.score) return;
    const double score = detector_.assess(state, event.at, &campaigns_, event.subscriber).score - handicap;
    if (score <= worst.score) return;
    worst.score = score;
    worst.at = event.at;
    worst.state = std::make_unique<State>(state);
    worst.part = part;
}

/// The part, where that alone is as bad as all, or would be convicted alone.
const Culprits::Worst& Culprits::blamed(const Subject& subject) const {
    const bool is_part = subject.part.state && subject.part.score >= std::min(subject.whole.score, detector_.threshold());
    return is_part ? subject.part : subject.whole;
}

void Culprits::begin_anew(const std::string& subscriber, subscriber::Class klass) {
    Subject fresh;
    fresh.state = State(profile_of(klass));
    fresh.is_again = true;
    subjects_[subscriber] = std::move(fresh);
    parts_.erase(parts_.lower_bound(subscriber + '/'), parts_.lower_bound(subscriber + static_cast<char>('/' + 1)));
    if (!again_) again_ = campaigns_;
}

Share Culprits::refused_of_all() const {
    double refused = 0, results = 0; // a Share holds floats, whose sums stop growing
    for (const auto& [name, subject] : subjects_) {
        refused += static_cast<double>(subject.refused.hits);
        results += static_cast<double>(subject.refused.trials);
    }
    return Share(refused, results);
}

double Culprits::refusal_nats(const Subject& subject, const Share& all) const {
    if (subject.refused.empty()) return 0;
    const double others = std::max(0.f, all.trials - subject.refused.trials);
    const double refused = std::clamp<double>(all.hits - subject.refused.hits, 0, others);
    const double usual = (refused_prior * refused_prior_worth + refused) / (refused_prior_worth + others);
    const double llr = log_likelihood(subject.refused, Law(refused_bad_yes, refused_bad_no)) -
                       log_likelihood(subject.refused, Law::around(std::min(usual, 0.9), refused_strength));
    // Only what is more than everybody's: fewer refusals than elsewhere acquit nobody.
    const bool is_more = subject.refused.hits > usual * static_cast<double>(subject.refused.trials);
    return is_more ? std::max(0.0, shown_with(refused_shown, llr)) : 0;
}

std::vector<std::string> Culprits::foremost(std::size_t most) const {
    std::vector<std::pair<double, std::string>> all;
    const Share refused = refused_of_all();
    for (const auto& [name, subject] : subjects_)
        if (const double nats = blamed(subject).score + refusal_nats(subject, refused); subject.messages > 0 && nats > 0)
            all.emplace_back(-nats, name);
    std::sort(all.begin(), all.end());
    all.resize(std::min(all.size(), most));
    std::vector<std::string> names;
    for (auto& [nats, name] : all)
        names.push_back(std::move(name));
    return names;
}

Culprit Culprits::describe(const std::string& name, const Subject& subject, const Share& all) const {
    Culprit one;
    one.subscriber = name;
    const Worst& worst = blamed(subject);
    one.worst = worst.at;
    one.messages = subject.messages;
    one.recipients = subject.recipients;
    one.cause = "bot";
    if (worst.state) {
        Suspicion stood = detector_.assess(*worst.state, worst.at, &campaigns_, name);
        one.cause = std::move(stood.cause);
        one.nats = worst.score;
        if (!worst.part.name.empty()) one.scope = worst.part.scope;
        one.part = worst.part.name;
        one.samples = std::move(stood.samples);
        for (auto& line : stood.evidence)
            one.evidence.push_back({std::string(to_string(line.kind)), line.llr, line.count, std::move(line.reason)});
    }
    if (const double nats = refusal_nats(subject, all); nats > 0.005) {
        Reason reason;
        reason.kind = "remote_refusals";
        reason.nats = nats;
        reason.count = static_cast<std::uint32_t>(std::lround(subject.refused.hits));
        reason.words = "other servers refused " + std::to_string(reason.count) + " of " +
                       count_words(static_cast<double>(subject.refused.trials), "delivery", "deliveries") +
                       " as spam or for a blocklist, where " +
                       count_words(100.0 * static_cast<double>(all.hits) / std::max(1.0, static_cast<double>(all.trials)),
                                   "% of all is", "% of all are") +
                       " refused";
        one.nats += nats;
        one.evidence.push_back(std::move(reason));
    }
    std::sort(one.evidence.begin(), one.evidence.end(), [](const Reason& a, const Reason& b) { return a.nats > b.nats; });
    return one;
}

std::vector<Culprit> Culprits::ranking(std::size_t most) const {
    std::vector<Culprit> list;
    const Share refused = refused_of_all();
    for (const auto& name : foremost(most))
        list.push_back(describe(name, subjects_.at(name), refused));
    std::stable_sort(list.begin(), list.end(), [](const Culprit& a, const Culprit& b) { return a.nats > b.nats; });
    const double from = bar();
    double sum = 0;
    for (const Culprit& one : list)
        sum += one.nats >= from ? one.nats : 0;
    for (Culprit& one : list)
        one.share = one.nats >= from ? one.nats / sum : 0;
    return list;
}

std::vector<RefusalCount> Culprits::refusals() const {
    std::vector<RefusalCount> list;
    for (const auto& [about, count] : refusals_)
        list.push_back(count);
    std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
    return list;
}

double Culprits::bar() const {
    // Who would be convicted stands out however many there are.
    return std::min(std::max(1.0, std::log(static_cast<double>(std::max<std::uint64_t>(senders(), 1)))), detector_.threshold());
}

std::uint64_t Culprits::senders() const {
    return static_cast<std::uint64_t>(
        std::count_if(subjects_.begin(), subjects_.end(), [](const auto& entry) { return entry.second.messages > 0; }));
}

std::uint64_t Culprits::messages() const {
    std::uint64_t sum = 0;
    for (const auto& [name, subject] : subjects_)
        sum += subject.messages;
    return sum;
}

} // namespace lazaret::detect

#include "detect/detector.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace lazaret::detect {
namespace {

using namespace std::chrono_literals;
using event::DeliveryStatus;
using event::RefusedBy;
using event::Type;

const Time start = parse_rfc3339("2026-01-05T08:00:00Z").value();

Options options() {
    Options o;
    o.half_life = 2h;
    return o;
}

event::Event relayed(Time at, std::size_t recipients = 1) {
    event::Event e;
    e.type = Type::message_relayed;
    e.at = at;
    e.trace = TraceId::make(at);
    e.subscriber = "s1";
    for (std::size_t i = 0; i < recipients; ++i)
        e.recipients.emplace_back(i + 1, "example.net");
    return e;
}

event::Event refused(Time at, RefusedBy who, std::string reason = "rule1") {
    event::Event e = relayed(at);
    e.type = Type::message_refused;
    e.refused_by = who;
    e.reason = std::move(reason);
    return e;
}

event::Event result(Time at, const event::Event& of, DeliveryStatus status, std::string enhanced) {
    event::Event e;
    e.type = Type::delivery_result;
    e.at = at;
    e.trace = of.trace;
    e.subscriber = of.subscriber;
    e.recipients.push_back(of.recipients.front());
    e.delivery = status;
    e.enhanced = std::move(enhanced);
    return e;
}

State fresh() {
    return State(profile_of(subscriber::Class::dynamic));
}

TEST(Detector, a_spam_burst_convicts_within_ten_relayed_messages) {
    std::mt19937_64 random(7);
    std::vector<int> leaks;
    for (int run = 0; run < 200; ++run) {
        const Detector detector(options());
        State state = fresh();
        Time at = start;
        int leaked = 0;
        std::optional<Suspicion> found;
        while (!found && leaked < 100) {
            at += 2s;
            if (std::bernoulli_distribution(0.4)(random)) {
                found = detector.feed(state, refused(at, RefusedBy::content));
                continue;
            }
            const auto message = relayed(at);
            ++leaked;
            found = detector.feed(state, message);
            const bool bad = std::bernoulli_distribution(0.35)(random);
            if (!found)
                found = detector.feed(state, result(at + 1s, message,
                                                    bad ? DeliveryStatus::bounced : DeliveryStatus::sent,
                                                    bad ? "5.1.1" : "2.0.0"));
        }
        ASSERT_TRUE(found);
        EXPECT_GE(found->score, found->threshold);
        leaks.push_back(leaked);
    }
    std::sort(leaks.begin(), leaks.end());
    EXPECT_LE(leaks[100], 8) << "median";
    EXPECT_LE(leaks[190], 15) << "19 of 20";
    EXPECT_LE(leaks.back(), 26);
}

TEST(Detector, a_suspicion_explains_its_score_line_by_line) {
    const Detector detector(options());
    State state = fresh();
    std::optional<Suspicion> found;
    for (int i = 0; i < 40 && !found; ++i) {
        found = detector.feed(state, refused(start + i * 3s, RefusedBy::content, "pills"));
        if (!found) found = detector.feed(state, refused(start + i * 3s + 1s, RefusedBy::content, "pills"));
    }
    ASSERT_TRUE(found) << "content and volume together convict";
    EXPECT_EQ(found->cause, "bot");
    double sum = 0;
    for (const auto& line : found->evidence) {
        sum += line.llr;
        EXPECT_FALSE(line.reason.empty());
    }
    EXPECT_NEAR(sum, found->score, 1e-9);
    ASSERT_GE(found->evidence.size(), 2u);
    EXPECT_EQ(found->evidence.front().kind, Kind::content);
    EXPECT_NE(found->evidence.front().reason.find("pills"), std::string::npos);
    EXPECT_EQ(found->first_event, start);
    EXPECT_EQ(found->samples.size(), State::max_samples);
}

TEST(Detector, own_refusals_never_change_the_score) {
    const Detector detector(options());
    State state = fresh();
    detector.feed(state, refused(start, RefusedBy::content));
    const std::string before = to_json(state);
    for (RefusedBy who : {RefusedBy::quarantine, RefusedBy::limit, RefusedBy::protocol, RefusedBy::rights,
                          RefusedBy::unavailable})
        for (int i = 0; i < 500; ++i) {
            event::Event e = refused(start, who);
            e.recipients_nonexistent = 9;
            e.findings = {"pills:enforce:20"};
            EXPECT_FALSE(detector.feed(state, e));
        }
    EXPECT_EQ(to_json(state), before);
}

TEST(Detector, volume_alone_never_convicts) {
    const Detector detector(options());
    State state = fresh();
    for (int i = 0; i < 20000; ++i)
        ASSERT_FALSE(detector.feed(state, relayed(start + i * 100ms, 3)));
    EXPECT_GT(detector.assess(state, state.last).score, 0.25 * detector.threshold());
}

TEST(Detector, content_alone_never_convicts_but_failing_recipients_do) {
    Options o = options();
    const Detector detector(o);
    State state = fresh();
    for (int i = 0; i < 300; ++i)
        ASSERT_FALSE(detector.feed(state, refused(start + i * 20min, RefusedBy::content))) << i;
    state = fresh();
    std::optional<Suspicion> found;
    for (int i = 0; i < 30 && !found; ++i) {
        const auto message = relayed(start + i * 5min);
        detector.feed(state, message);
        found = detector.feed(state, result(message.at, message, DeliveryStatus::bounced, "5.1.1"));
    }
    EXPECT_TRUE(found);
}

TEST(Detector, a_wedding_invitation_is_not_a_bot) {
    std::mt19937_64 random(11);
    const Detector detector(options());
    int alarms = 0;
    for (int run = 0; run < 500; ++run) {
        State state = fresh();
        for (int i = 0; i < 150; ++i) {
            const auto message = relayed(start + i * 1s);
            const bool bad = std::bernoulli_distribution(0.04)(random);
            bool alarm = detector.feed(state, message).has_value();
            alarm |= detector
                         .feed(state, result(message.at + 500ms, message,
                                             bad ? DeliveryStatus::bounced : DeliveryStatus::sent,
                                             bad ? "5.1.1" : "2.0.0"))
                         .has_value();
            if (alarm) {
                ++alarms;
                break;
            }
        }
    }
    EXPECT_LE(alarms, 1);
}

TEST(Detector, failures_that_come_back_before_the_successes_are_weighed_against_them) {
    const Detector detector(options());
    State state = fresh();
    for (int i = 0; i < 5; ++i)
        detector.feed(state, relayed(start - 24h + i * 1h));
    const auto mailing = relayed(start, 150);
    ASSERT_FALSE(detector.feed(state, mailing));
    for (int i = 0; i < 8; ++i)
        ASSERT_FALSE(detector.feed(state, result(start + 1s, mailing, DeliveryStatus::bounced, "5.1.2")))
            << i;
    for (int i = 0; i < 142; ++i)
        ASSERT_FALSE(detector.feed(state, result(start + 60s, mailing, DeliveryStatus::sent, "2.0.0"))) << i;
    EXPECT_EQ(state.awaited, 0);
    EXPECT_TRUE(state.tallies[1].empty());
}

TEST(Detector, a_year_of_ordinary_traffic_raises_no_alarm) {
    std::mt19937_64 random(3);
    const Detector detector(options());
    for (int subscriber = 0; subscriber < 100; ++subscriber) {
        State state = fresh();
        const double per_day = std::exponential_distribution<>(1.0 / 10)(random);
        for (int day = 0; day < 365; ++day) {
            const int sessions = std::poisson_distribution<>(per_day / 2)(random);
            std::vector<Time> times;
            for (int s = 0; s < sessions; ++s)
                times.push_back(start + day * 24h +
                                std::chrono::minutes(std::uniform_int_distribution<>(0, 839)(random)));
            std::sort(times.begin(), times.end());
            for (Time at : times)
                for (int n = std::geometric_distribution<>(0.5)(random); n >= 0; --n) {
                    at += 20s;
                    if (std::bernoulli_distribution(0.003)(random)) {
                        ASSERT_FALSE(detector.feed(state, refused(at, RefusedBy::content)));
                        continue;
                    }
                    const auto message = relayed(at);
                    ASSERT_FALSE(detector.feed(state, message));
                    const bool bad = std::bernoulli_distribution(0.02)(random);
                    ASSERT_FALSE(detector.feed(
                        state, result(at + 5s, message, bad ? DeliveryStatus::bounced : DeliveryStatus::sent,
                                      bad ? "5.1.1" : "2.0.0")));
                }
        }
    }
}

TEST(Detector, evidence_is_forgotten_with_its_half_life) {
    const Detector detector(options());
    State state = fresh();
    for (int i = 0; i < 3; ++i) {
        event::Event e = refused(start, RefusedBy::next_hop, "550 5.1.1 unknown");
        e.recipients.clear();
        e.recipients_refused = e.recipients_nonexistent = 1;
        detector.feed(state, e);
    }
    const double now = detector.assess(state, start).score;
    EXPECT_NEAR(now, 3 * std::log(0.35 / 0.03), 1e-9);
    EXPECT_NEAR(detector.assess(state, start + 2h).score, now / 2, 1e-9);
    EXPECT_EQ(detector.assess(state, start + 48h).score, 0);
}

TEST(Detector, results_of_what_was_already_judged_are_no_evidence) {
    const Detector detector(options());
    State state = fresh();
    std::vector<event::Event> messages;
    for (int i = 0; i < 50; ++i) {
        messages.push_back(relayed(start + i * 1s));
        detector.feed(state, messages.back());
    }
    state.clear_evidence(start + 60s);
    const double before = detector.assess(state, start + 60s).score;
    for (const auto& message : messages)
        EXPECT_FALSE(detector.feed(state, result(start + 61s, message, DeliveryStatus::bounced, "5.1.1")));
    EXPECT_LE(detector.assess(state, start + 61s).score, before);
}

TEST(Detector, accepted_recipients_count_as_good_where_no_log_is_read) {
    Options o = options();
    o.model.delivery_results = false;
    const Detector detector(o);
    State state = fresh();
    for (int i = 0; i < 2000; ++i) {
        event::Event e = relayed(start + i * 2s, i % 100 == 0 ? 0 : 1);
        if (i % 100 == 0) e.recipients_refused = e.recipients_nonexistent = 1;
        ASSERT_FALSE(detector.feed(state, e));
    }
    EXPECT_LT(detector.assess(state, state.last).score, 0.8 * detector.threshold());
}

TEST(Detector, a_clock_set_back_does_not_stop_time) {
    const Detector detector(options());
    State state = fresh();
    detector.feed(state, relayed(start + 24h * 400));
    detector.feed(state, refused(start, RefusedBy::content));
    EXPECT_EQ(state.last, start);
    detector.feed(state, refused(start - 1h, RefusedBy::content));
    EXPECT_EQ(state.last, start);
}

TEST(State, survives_json_and_stays_small) {
    const Detector detector(options());
    State state = fresh();
    for (int i = 0; i < 3000; ++i) {
        auto e = refused(start + i * 1s, RefusedBy::content, std::string(500, 'r') + "\xff\"");
        detector.feed(state, e);
        auto message = relayed(start + i * 1s, 500);
        detector.feed(state, message);
        detector.feed(state, result(start + i * 1s, message, DeliveryStatus::bounced, "5.1.1"));
    }
    const std::string text = to_json(state);
    EXPECT_LT(text.size(), 1024u) << text;
    const State again = from_json(text).value();
    EXPECT_EQ(to_json(again), text);
    EXPECT_NEAR(detector.assess(again, state.last).score, detector.assess(state, state.last).score, 1e-3);
}

TEST(State, refuses_what_is_not_a_state) {
    for (const char* text : {"", "{}", "[]", "nonsense", R"({"v":2})", R"({"v":1,"last":"x"})",
                             R"({"v":1,"last":1,"messages":1,"habit":[[1],[2]]})"})
        EXPECT_FALSE(from_json(text)) << text;
}

TEST(Sequential, the_threshold_keeps_the_wanted_rate) {
    for (double rate : {0.0001, 0.01, 1.0}) {
        const double h = threshold_for(rate);
        EXPECT_LE(tail(h, kinds) * looks_per_year, rate * 1.0001);
        EXPECT_GT(tail(h - 0.01, kinds) * looks_per_year, rate);
    }
    EXPECT_GT(threshold_for(0.001), threshold_for(0.01));
    EXPECT_NEAR(tail(0, 3), 1, 1e-12);
}

TEST(Evidence, a_warned_message_counts_less_than_a_refused_one) {
    const Model model;
    event::Event warned = relayed(start);
    warned.findings = {"a:b:warn:6", "c:enforce:5", "no score", "x:warn:nan", ":", "1:"};
    const auto seen = observe(warned, model);
    ASSERT_TRUE(seen.content);
    EXPECT_EQ(seen.content->hits, 1u);
    EXPECT_EQ(seen.rule, "a:b");
    EXPECT_LT(seen.content->llr, observe(refused(start, RefusedBy::content), model).content->llr);
    warned.findings = {"a:warn:6"};
    EXPECT_LT(observe(warned, model).content->llr, 0) << "below the score it is an ordinary message";
}

TEST(Evidence, knows_the_codes_of_a_missing_address) {
    for (const char* code : {"5.1.1", "5.1.2", "5.1.3", "5.1.10"})
        EXPECT_TRUE(says_nonexistent(code)) << code;
    for (const char* code : {"", "5", "4.1.1", "5.1.8", "5.7.1", "5.2.2", "5.1.100", "5.1.1x"})
        EXPECT_FALSE(says_nonexistent(code)) << code;
}

TEST(Baseline, a_burst_does_not_become_the_habit) {
    Baseline habit(4);
    Time at = start;
    habit.add(100000);
    habit.advance(at, at + 1h, true);
    EXPECT_LT(habit.level(), 8);
    Baseline suspected(4);
    suspected.add(100000);
    suspected.advance(at, at + 1h, false);
    EXPECT_EQ(suspected.level(), 4);
}

TEST(Baseline, learns_a_steady_habit_both_ways) {
    Baseline habit(4);
    Time at = start;
    for (int i = 0; i < 500; ++i) {
        habit.add(40);
        habit.advance(at, at + 1h, true);
        at += 1h;
    }
    EXPECT_NEAR(habit.level(), 40, 4);
    habit.add(40);
    EXPECT_LT(habit.surprise(), 3);
    for (int i = 0; i < 2000; ++i) {
        habit.add(2);
        habit.advance(at, at + 1h, true);
        at += 1h;
    }
    EXPECT_NEAR(habit.level(), 2, 0.5);
}

} // namespace
} // namespace lazaret::detect

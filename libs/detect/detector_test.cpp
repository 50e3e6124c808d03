// What becomes of subscribers: who is convicted, of what, and who is left alone.

#include "detect/detector.hpp"
#include "detect/event_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace lazaret::detect {
namespace {

using namespace test;

/// One subscriber with two weeks of a few messages a day to five people.
struct Subscriber {
    const Detector& detector;
    Campaigns& campaigns;
    std::string name;
    State state{profile_of(subscriber::Class::dynamic)};
    Time at = start;
    std::mt19937_64 random;

    Subscriber(const Detector& d, Campaigns& c, std::string n, unsigned seed)
        : detector(d), campaigns(c), name(std::move(n)), random(seed) {
        for (int day = 0; day < 14; ++day)
            for (int i = 0; i < 3; ++i)
                send(relayed(start + day * 24h + i * 2h, hash_of(name) + random() % 5), 0.01);
        at = start + 14 * 24h;
    }
    bool chance(double p) { return std::bernoulli_distribution(p)(random); }
    std::uint64_t any() { return random() | 1; }
    /// Sends it and has its results two seconds later. True when one of these convicts.
    bool send(event::Event message, double failing) {
        message.subscriber = name;
        at = std::max(at, message.at);
        bool convicts = detector.feed(state, campaigns, message).has_value();
        for (std::size_t i = 0; i < message.recipients.size(); ++i)
            convicts |= detector.feed(state, campaigns, result(message.at + 2s, message, chance(failing))).has_value();
        return convicts;
    }
};

class DetectorTest : public testing::Test {
  protected:
    Options options;
    Detector detector{options};
    Campaigns campaigns;
};

TEST_F(DetectorTest, a_bot_that_forges_senders_is_convicted_within_ten_messages) {
    std::vector<int> leaks;
    for (unsigned run = 0; run < 100; ++run) {
        Subscriber one(detector, campaigns, "s" + std::to_string(run), run);
        int leaked = 0;
        for (bool found = false; !found && leaked < 200; ++leaked) {
            event::Event e = relayed(one.at + 30s, one.any());
            e.sender_hash = one.any();
            e.helo = "h" + std::to_string(one.any());
            e.fingerprint = mixed(run + 1000);
            if (one.chance(0.8)) e.findings = {"pills:warn:10"};
            found = one.send(e, 0.2);
        }
        leaks.push_back(leaked);
    }
    std::sort(leaks.begin(), leaks.end());
    EXPECT_LE(leaks[50], 6);
    EXPECT_LE(leaks[95], 12);
}

TEST_F(DetectorTest, without_verdicts_and_with_a_clean_list_the_forged_names_are_enough) {
    Subscriber one(detector, campaigns, "s", 1);
    int leaked = 0;
    for (bool found = false; !found && leaked < 400; ++leaked) {
        event::Event e = relayed(one.at + 30s, one.any());
        e.sender_hash = one.any();
        e.helo = "h" + std::to_string(one.any());
        found = one.send(e, 0.01);
    }
    EXPECT_LT(leaked, 100);
}

TEST_F(DetectorTest, a_stolen_password_is_told_from_a_bot) {
    Subscriber one(detector, campaigns, "s", 1);
    std::optional<Suspicion> found;
    for (int i = 0; !found && i < 100; ++i) {
        event::Event e = relayed(one.at + 20s, one.any(), 9);
        e.subscriber = one.name;
        e.account = "pia";
        e.client = IpAddress::from_v4(static_cast<std::uint32_t>(one.any()));
        e.helo = "h" + std::to_string(one.any());
        e.findings = {"pills:warn:10"};
        one.at = e.at;
        found = detector.feed(one.state, campaigns, e);
    }
    ASSERT_TRUE(found);
    EXPECT_EQ(found->cause, "stolen_account");
}

TEST_F(DetectorTest, a_server_that_bounces_spam_is_told_from_one_that_bounces_a_little) {
    Subscriber one(detector, campaigns, "s", 1);
    const auto bounce = [&](Time at) {
        event::Event e = relayed(at, one.any());
        e.null_sender = true;
        e.sender_hash = 0;
        return e;
    };
    for (int day = 0; day < 30; ++day)
        for (int i = 0; i < 3; ++i)
            ASSERT_FALSE(one.send(bounce(one.at + 8h), 0.1));
    std::optional<Suspicion> found;
    for (int i = 0; !found && i < 2000; ++i) {
        const event::Event e = bounce(one.at + 20s);
        one.send(e, 0.3);
        found = detector.assess(one.state, one.at, &campaigns, one.name);
        if (found->score < found->threshold) found.reset();
    }
    ASSERT_TRUE(found);
    EXPECT_EQ(found->cause, "backscatter");
}

TEST_F(DetectorTest, a_campaign_in_small_doses_is_found_across_subscribers_and_names_one_cause) {
    std::vector<Subscriber> all;
    for (unsigned i = 0; i < 40; ++i)
        all.emplace_back(detector, campaigns, "s" + std::to_string(i), i);
    const std::uint64_t text = 0x123456789abcdef0;
    std::vector<int> sent(all.size());
    std::vector<std::uint64_t> named;
    for (int round = 0; round < 60 && named.size() < all.size(); ++round)
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (sent[i] < 0) continue;
            event::Event e = relayed(start + 20 * 24h + round * 12min + std::chrono::seconds(i), all[i].any());
            e.subscriber = all[i].name;
            e.fingerprint = text ^ (std::uint64_t{1} << (all[i].any() % 64));
            ++sent[i];
            if (const auto found = detector.feed(all[i].state, campaigns, e)) {
                named.push_back(found->campaign);
                EXPECT_EQ(found->cause, "campaign");
                sent[i] = -1;
            }
        }
    ASSERT_EQ(named.size(), all.size()) << "no verdict, no failing recipient, five messages an hour";
    EXPECT_EQ(std::count(named.begin(), named.end(), named.front()), std::ssize(named));
}

TEST_F(DetectorTest, one_who_passes_on_a_campaigns_text_once_is_left_alone) {
    const std::uint64_t text = 0x123456789abcdef0;
    for (unsigned i = 0; i < 40; ++i) {
        Subscriber one(detector, campaigns, "s" + std::to_string(i), i);
        for (int n = 0; n < 20; ++n) {
            event::Event e = relayed(one.at + 12min, one.any());
            e.fingerprint = text;
            one.send(e, 0.2);
        }
    }
    Subscriber honest(detector, campaigns, "honest", 99);
    event::Event e = relayed(honest.at + 1h, honest.any());
    e.fingerprint = text;
    EXPECT_FALSE(honest.send(e, 0));
}

TEST_F(DetectorTest, a_wedding_invitation_is_not_a_bot_and_seldom_one_even_when_the_rules_dislike_it) {
    int disliked = 0;
    for (unsigned run = 0; run < 50; ++run) {
        Subscriber one(detector, campaigns, "s" + std::to_string(run), run);
        bool is_convicted = false;
        for (int i = 0; i < 150; ++i) {
            event::Event e = relayed(one.at + 1s, one.any());
            e.fingerprint = mixed(5000 + run);
            if (run % 2 == 0) e.findings = {"pills:warn:10"};
            is_convicted |= one.send(e, 0.04);
        }
        if (run % 2 == 0)
            disliked += is_convicted;
        else
            EXPECT_FALSE(is_convicted) << run;
    }
    EXPECT_LE(disliked, 1) << "of 25; and one text in fifty is disliked wrongly";
}

TEST_F(DetectorTest, a_first_newsletter_to_two_thousand_is_not_a_bot) {
    for (std::size_t each : {1u, 50u}) {
        Subscriber one(detector, campaigns, "s", 1);
        for (std::size_t i = 0; i < 2000; i += each) {
            event::Event e = relayed(one.at + 2s, 1'000'000 + i * 7919, each);
            e.fingerprint = 4242;
            ASSERT_FALSE(one.send(e, 0.01)) << i;
        }
    }
}

event::Event unauthenticated(const event::Event& message) {
    event::Event e = result(message.at + 2s, message, true);
    e.enhanced = "5.7.26";
    e.reason = "host mx.example.net[192.0.2.9] said: 550-5.7.26 This mail has been blocked because the sender is unauthenticated.";
    return e;
}

TEST_F(DetectorTest, who_loses_mail_for_a_wrong_spf_record_is_told_and_not_suspected) {
    Subscriber one(detector, campaigns, "s", 1);
    for (int i = 0; i < 20; ++i) {
        const auto message = relayed(one.at + 1min, hash_of("s") + i % 5);
        one.send(message, 0);
        const auto told = detector.feed(one.state, campaigns, unauthenticated(message));
        EXPECT_EQ(told.has_value(), i >= 4) << i;
        if (!told) continue;
        EXPECT_TRUE(told->is_mistake());
        EXPECT_EQ(told->score, 0);
        EXPECT_NE(words(*told).find("recipients refused mail because the sender's domain"), std::string::npos) << words(*told);
    }
    EXPECT_LT(detector.assess(one.state, one.at).score, 0.5 * detector.threshold());
    EXPECT_NEAR(from_json(to_json(one.state)).value().unauthenticated, one.state.unauthenticated, 0.001) << "saved with the state";
}

TEST_F(DetectorTest, who_forges_senders_makes_no_mistake) {
    Subscriber one(detector, campaigns, "s", 1);
    bool is_suspected = false;
    for (int i = 0; i < 30; ++i) {
        event::Event e = relayed(one.at + 30s, one.any());
        e.sender_hash = one.any();
        e.helo = "h" + std::to_string(one.any());
        is_suspected |= one.send(e, 0.2);
        const auto told = detector.feed(one.state, campaigns, unauthenticated(e));
        EXPECT_FALSE(told && is_suspected) << i;
    }
    EXPECT_TRUE(is_suspected);
}

TEST_F(DetectorTest, a_machine_whose_owners_mailbox_is_gone_has_no_list_of_many) {
    for (const bool is_new : {false, true}) {
        Subscriber one(detector, campaigns, is_new ? "new" : "known", 1);
        const auto owner = is_new ? one.any() : hash_of("known");
        for (int day = 0; day < 5; ++day)
            for (int i = 0; i < 24; ++i) {
                const auto alert = relayed(one.at + 1h, owner);
                EXPECT_FALSE(one.send(alert, 1)) << day << " " << i;
            }
        EXPECT_LT(detector.assess(one.state, one.at).score, 0.5 * detector.threshold());
    }
}

TEST_F(DetectorTest, a_machine_that_writes_to_its_owner_without_a_sender_bounces_nothing) {
    Subscriber one(detector, campaigns, "s", 1);
    const auto owner = one.any();
    for (int i = 0; i < 500; ++i) {
        event::Event alert = relayed(one.at + 1min, owner);
        alert.null_sender = true;
        alert.sender_hash = 0;
        EXPECT_FALSE(one.send(alert, 0)) << i;
    }
}

TEST_F(DetectorTest, what_the_next_hop_puts_off_is_counted_when_it_is_over) {
    Subscriber one(detector, campaigns, "s", 1);
    const State quiet = one.state;
    for (int i = 0; i < 300; ++i) {
        event::Event later = refused(one.at + 1min, RefusedBy::next_hop, "451 4.3.0 queue file write error");
        later.recipients.clear();
        later.null_sender = i % 2 == 0;
        later.reply_code = 451;
        EXPECT_FALSE(one.send(later, 0));
    }
    EXPECT_NEAR(detector.assess(one.state, one.at).score, detector.assess(quiet, one.at).score, 0.01);
}

TEST_F(DetectorTest, a_telephone_that_roams_and_a_machine_that_raises_alarms_are_left_alone) {
    Subscriber phone(detector, campaigns, "phone", 1);
    for (int day = 0; day < 60; ++day)
        for (int i = 0; i < 6; ++i) {
            event::Event e = relayed(phone.at + 4h, hash_of("phone") + phone.random() % 5);
            e.client = IpAddress::from_v4(static_cast<std::uint32_t>(phone.any()));
            e.helo = "[" + e.client.to_string() + "]";
            ASSERT_FALSE(phone.send(e, 0.01)) << day;
        }
    Subscriber machine(detector, campaigns, "machine", 2);
    for (int i = 0; i < 5000; ++i)
        ASSERT_FALSE(machine.send(relayed(machine.at + 500ms, hash_of("machine")), 0)) << i;
}

TEST_F(DetectorTest, a_scanner_that_misses_the_text_does_not_acquit) {
    const auto leak = [&](bool is_missed, unsigned seed) {
        Subscriber one(detector, campaigns, "s", seed);
        int leaked = 0;
        for (bool found = false; !found && leaked < 500; ++leaked) {
            event::Event e = relayed(one.at + 3min, one.any());
            e.sender_hash = one.chance(0.5) ? one.any() : 77;
            e.fingerprint = mixed(seed + 100);
            if (!is_missed) e.findings = {"pills:warn:10"};
            found = one.send(e, 0.22);
        }
        return leaked;
    };
    double missed = 0, caught = 0;
    for (unsigned seed = 0; seed < 40; ++seed) {
        missed += leak(true, seed) / 40.0;
        caught += leak(false, seed + 1000) / 40.0;
    }
    EXPECT_LT(caught, 20);
    EXPECT_LT(missed, 45);
}

TEST_F(DetectorTest, copies_of_one_text_count_little_more_than_one) {
    Subscriber one(detector, campaigns, "s", 1);
    const auto content = [&] {
        for (const auto& line : detector.assess(one.state, one.at).evidence)
            if (line.kind == Kind::content) return line.llr;
        return 0.0;
    };
    event::Event e = relayed(one.at + 1min);
    e.fingerprint = 9;
    e.findings = {"pills:warn:10"};
    one.send(e, 0);
    const double first = content();
    EXPECT_GT(first, 2);
    for (int i = 0; i < 300; ++i)
        ASSERT_FALSE(one.send(e, 0));
    EXPECT_LT(content(), first + 1);
}

TEST_F(DetectorTest, own_refusals_never_change_anything) {
    State state;
    detector.feed(state, campaigns, refused(start, RefusedBy::content));
    const std::string before = to_json(state);
    for (RefusedBy who : {RefusedBy::quarantine, RefusedBy::limit, RefusedBy::protocol, RefusedBy::rights,
                          RefusedBy::unavailable})
        for (int i = 0; i < 500; ++i) {
            event::Event e = refused(start, who);
            e.recipients_nonexistent = 9;
            e.findings = {"pills:enforce:20"};
            EXPECT_FALSE(detector.feed(state, campaigns, e));
        }
    EXPECT_EQ(to_json(state), before);
}

TEST_F(DetectorTest, failures_that_come_back_before_the_successes_are_weighed_against_them) {
    Subscriber one(detector, campaigns, "s", 1);
    const auto mailing = relayed(one.at + 1h, 50'000, 150);
    ASSERT_FALSE(detector.feed(one.state, campaigns, mailing));
    for (int i = 0; i < 8; ++i)
        ASSERT_FALSE(detector.feed(one.state, campaigns, result(mailing.at + 1s, mailing, true))) << i;
    for (int i = 0; i < 142; ++i)
        ASSERT_FALSE(detector.feed(one.state, campaigns, result(mailing.at + 60s, mailing, false))) << i;
    EXPECT_EQ(one.state.awaited, 0);
}

TEST_F(DetectorTest, a_year_of_ordinary_traffic_raises_no_alarm) {
    std::mt19937_64 random(3);
    for (int subscriber = 0; subscriber < 40; ++subscriber) {
        State state;
        const double per_day = std::exponential_distribution<>(1.0 / 10)(random);
        const auto friends = 5 + random() % 100;
        for (int day = 0; day < 365; ++day) {
            std::vector<Time> times;
            for (int n = std::poisson_distribution<>(per_day / 2)(random); n > 0; --n)
                times.push_back(start + day * 24h + std::chrono::minutes(random() % 840));
            std::sort(times.begin(), times.end());
            for (Time at : times)
                for (int n = std::geometric_distribution<>(0.5)(random); n >= 0; --n) {
                    at += 20s;
                    auto message = relayed(at, random() % friends);
                    message.sender_hash = random() % 3 + 1;
                    message.fingerprint = random();
                    if (random() % 100 == 0) message.findings = {"pills:warn:10"};
                    ASSERT_FALSE(detector.feed(state, campaigns, message));
                    ASSERT_FALSE(
                        detector.feed(state, campaigns, result(at + 5s, message, random() % 50 == 0)));
                }
        }
    }
}

TEST_F(DetectorTest, evidence_is_forgotten_and_a_suspicion_explains_itself) {
    Subscriber one(detector, campaigns, "s", 1);
    std::optional<Suspicion> found;
    for (int i = 0; i < 60 && !found; ++i) {
        auto e = refused(one.at + 30s, RefusedBy::content, "pills");
        e.sender_hash = one.any();
        e.fingerprint = one.any();
        one.at = e.at;
        found = detector.feed(one.state, campaigns, e);
    }
    ASSERT_TRUE(found);
    EXPECT_GE(found->score, found->threshold);
    double sum = 0;
    for (const auto& line : found->evidence) {
        sum += line.llr;
        EXPECT_FALSE(line.reason.empty());
    }
    EXPECT_NEAR(sum, found->score, 0.05);
    EXPECT_GE(found->evidence.size(), 2u);
    EXPECT_EQ(found->samples.size(), State::max_samples);
    EXPECT_GT(found->first_event, start);
    EXPECT_LT(detector.assess(one.state, one.at + 48h, &campaigns, "s").score, 2);
    one.state.clear_evidence(one.at + 1s);
    EXPECT_NEAR(detector.assess(one.state, one.at + 1s).score, 0, 1e-6);
}

TEST_F(DetectorTest, results_of_what_was_already_judged_are_no_evidence) {
    Subscriber one(detector, campaigns, "s", 1);
    std::vector<event::Event> messages;
    for (int i = 0; i < 50; ++i)
        messages.push_back(relayed(one.at + i * 1s, one.any()));
    for (const auto& message : messages)
        detector.feed(one.state, campaigns, message);
    one.state.clear_evidence(one.at + 60s);
    for (const auto& message : messages)
        EXPECT_FALSE(detector.feed(one.state, campaigns, result(one.at + 61s, message, true)));
    EXPECT_NEAR(detector.assess(one.state, one.at + 61s).score, 0, 1e-6);
}

TEST_F(DetectorTest, a_kind_that_is_left_out_weighs_nothing) {
    options.leaves_out[static_cast<std::size_t>(Kind::content)] = true;
    const Detector deaf(options);
    Subscriber one(deaf, campaigns, "s", 1);
    for (int i = 0; i < 20; ++i)
        deaf.feed(one.state, campaigns, refused(one.at + i * 1s, RefusedBy::content));
    for (const auto& line : deaf.assess(one.state, one.at + 20s).evidence)
        EXPECT_NE(line.kind, Kind::content);
}

TEST_F(DetectorTest, accepted_recipients_count_as_good_where_no_log_is_read) {
    options.reading.delivery_results = false;
    const Detector without_log(options);
    Subscriber one(without_log, campaigns, "s", 1);
    for (int i = 0; i < 2000; ++i) {
        event::Event e = relayed(one.at + 2s, 1, i % 100 == 0 ? 0 : 1);
        if (i % 100 == 0) e.recipients_refused = e.recipients_nonexistent = 1;
        one.at = e.at;
        ASSERT_FALSE(without_log.feed(one.state, campaigns, e));
    }
}

TEST_F(DetectorTest, a_clock_set_back_does_not_stop_time) {
    State state;
    detector.feed(state, campaigns, relayed(start + 24h * 400));
    detector.feed(state, campaigns, refused(start, RefusedBy::content));
    EXPECT_EQ(state.last, start);
    detector.feed(state, campaigns, refused(start - 1h, RefusedBy::content));
    EXPECT_EQ(state.last, start);
}

TEST_F(DetectorTest, suspicion_does_not_become_habit) {
    Subscriber one(detector, campaigns, "s", 1);
    const auto before = one.state.senders.habit;
    for (int i = 0; i < 500; ++i) {
        event::Event e = relayed(one.at + 10s, one.any());
        e.sender_hash = one.any();
        one.send(e, 0.2);
    }
    one.at += 24h;
    one.send(relayed(one.at, 1), 0);
    EXPECT_LE(one.state.senders.habit.hits, before.hits + 0.5);
    EXPECT_LT(one.state.strangers.habit, 50);
}

TEST_F(DetectorTest, a_state_survives_json_and_stays_small) {
    Subscriber one(detector, campaigns, "s", 1);
    for (int i = 0; i < 3000; ++i) {
        event::Event e = refused(one.at + 5min, RefusedBy::content, std::string(500, 'r') + "\xff\"");
        e.sender_hash = one.any();
        e.fingerprint = one.any();
        e.recipients.emplace_back(one.any(), "x.example");
        e.helo = "h" + std::to_string(one.any());
        one.send(e, 0.3);
    }
    const std::string text = to_json(one.state);
    EXPECT_LT(text.size(), 2048u) << text;
    EXPECT_LE(sizeof(State), 1024u);
    const auto again = from_json(text);
    ASSERT_TRUE(again);
    EXPECT_EQ(to_json(*again), text);
    EXPECT_NEAR(detector.assess(*again, one.state.last).score, detector.assess(one.state, one.state.last).score,
                0.02);
}

} // namespace
} // namespace lazaret::detect

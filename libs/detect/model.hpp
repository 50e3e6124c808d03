#pragma once
// What the detector assumes about honest subscribers and offenders, in one place. None of it is fitted to a data
// set; docs/architecture/detection.md gives the reasons, and how little hangs on each number.

#include "detect/share.hpp"
#include "subscriber/model.hpp"

#include <span>
#include <string_view>

namespace lazaret::detect {

struct Model {
    // Content. One text is one observation: what is said of its copies is their mean.
    double caught_good = 0.02;           ///< share of an honest subscriber's texts that the rules catch wrongly
    double caught_good_strength = 8;     ///< how much that differs between subscribers: less is more
    double caught_bad_yes = 4, caught_bad_no = 1;
    double caught_shown = 0.5;           ///< chance that the rules know this offender's kind at all
    double copies_hang_together = 1;   ///< correlation of what is said about two copies

    // Recipients that do not exist.
    double failing_good = 0.015, failing_good_strength = 40;
    double stale_list = 0.01;            ///< chance that an honest mailing goes to an old list
    double stale_yes = 1, stale_no = 12; ///< share that fails then
    double failing_bad_yes = 2, failing_bad_no = 6;
    double failing_shown = 0.6;          ///< chance that an offender's list is bought or guessed

    // How much: a tail (1 + x / (usual + slack))^-exponent of honest days, turned into a ratio by a calibrator of
    // p-values, kappa p^(kappa-1).
    double fan_out_slack = 5, fan_out_exponent = 3, fan_out_kappa = 0.5, fan_out_cap = 5;
    double volume_slack = 10, volume_exponent = 2, volume_kappa = 0.5, volume_cap = 2;
    double null_slack = 2.5, null_exponent = 5, null_kappa = 0.3;
    double logins_slack = 10, logins_exponent = 2, logins_kappa = 0.5, logins_cap = 1.5;
    double growth = 4;                   ///< a habit grows at most by this factor from one occurrence

    // Names and networks never used before, of messages.
    double new_good = 0.05, new_good_prior = 3; ///< share, and how many messages it is worth before habit counts
    double new_good_strength = 4;        ///< of somebody well known; 1 of somebody new
    double new_bad_yes = 2, new_bad_no = 1;
    double first_new = 1.5, each_new = 2; ///< nats that the share may give for one, and for each further
    double new_number_exponent = 5, new_number_kappa = 0.3, new_number_cap = 10;
    double new_slack = 6;               ///< new ones that surprise nobody on the first day
    double new_shown = 0.5;
    double second_trait = 0.8;           ///< a new device brings a new name and a new network: the second counts less

    // One text from many subscribers.
    double spreaders_exponent = 6, spreaders_kappa = 0.3;
    double convicted_weight = 2;         ///< nats for each e-fold of convicted senders
    double spreads_from = 2;             ///< strangers that one must have sent a text to, to take part
    double within_habit = 0.7;           ///< of it for one that sends no more than it is wont to
    double campaign_cap = 1.1;           ///< of the threshold

    // One link host, HELO name or mail program in the mail of many. Others use it, too: what tells is that of its users more
    // spread something than of all senders. Numbers as above.
    double spreading_good = 0.05, spreading_good_prior = 50; ///< share of all senders of a day, until enough of them are seen
    double spreading_good_strength = 8;  ///< how much that differs between honest names: less is more
    double spreading_bad_yes = 3, spreading_bad_no = 1;
    double name_usual = 1e-5, name_usual_prior = 50; ///< share of honest senders whose mail has a name, until they are counted

    // A sender's domain that does not let us send for it.
    double mistake_from = 4.5; ///< recipients lost to it lately, the older the less, from which the subscriber is told
};

struct ModelEntry {
    std::string_view name;
    double Model::* value;
};
std::span<const ModelEntry> model_entries();

} // namespace lazaret::detect

#include "detect/model.hpp"

#include <array>

namespace lazaret::detect {

#define LAZARET_ENTRY(name)                                                                                  \
    ModelEntry { #name, &Model::name }

std::span<const ModelEntry> model_entries() {
    static constexpr std::array entries{
        LAZARET_ENTRY(caught_good),          LAZARET_ENTRY(caught_good_strength),
        LAZARET_ENTRY(caught_bad_yes),       LAZARET_ENTRY(caught_bad_no),
        LAZARET_ENTRY(caught_shown),         LAZARET_ENTRY(copies_hang_together),
        LAZARET_ENTRY(failing_good),         LAZARET_ENTRY(failing_good_strength),
        LAZARET_ENTRY(stale_list),           LAZARET_ENTRY(stale_yes),
        LAZARET_ENTRY(stale_no),             LAZARET_ENTRY(failing_bad_yes),
        LAZARET_ENTRY(failing_bad_no),       LAZARET_ENTRY(failing_shown),
        LAZARET_ENTRY(fan_out_slack),        LAZARET_ENTRY(fan_out_exponent),
        LAZARET_ENTRY(fan_out_kappa),        LAZARET_ENTRY(fan_out_cap),
        LAZARET_ENTRY(volume_slack),         LAZARET_ENTRY(volume_exponent),
        LAZARET_ENTRY(volume_kappa),         LAZARET_ENTRY(volume_cap),
        LAZARET_ENTRY(null_slack),           LAZARET_ENTRY(null_exponent),
        LAZARET_ENTRY(null_kappa),           LAZARET_ENTRY(growth),
        LAZARET_ENTRY(logins_slack),         LAZARET_ENTRY(logins_exponent),
        LAZARET_ENTRY(logins_kappa),         LAZARET_ENTRY(logins_cap),
        LAZARET_ENTRY(new_good),             LAZARET_ENTRY(new_good_prior),
        LAZARET_ENTRY(new_good_strength),    LAZARET_ENTRY(new_bad_yes),
        LAZARET_ENTRY(new_bad_no),           LAZARET_ENTRY(new_number_exponent),  LAZARET_ENTRY(new_number_kappa),
        LAZARET_ENTRY(first_new),            LAZARET_ENTRY(each_new),
        LAZARET_ENTRY(new_number_cap),       LAZARET_ENTRY(new_slack),
        LAZARET_ENTRY(new_shown),
        LAZARET_ENTRY(second_trait),         LAZARET_ENTRY(spreaders_exponent),
        LAZARET_ENTRY(spreaders_kappa),      LAZARET_ENTRY(convicted_weight),
        LAZARET_ENTRY(spreads_from),         LAZARET_ENTRY(within_habit),
        LAZARET_ENTRY(campaign_cap),         LAZARET_ENTRY(spreading_good),
        LAZARET_ENTRY(spreading_good_prior), LAZARET_ENTRY(spreading_good_strength),
        LAZARET_ENTRY(spreading_bad_yes),    LAZARET_ENTRY(spreading_bad_no),
        LAZARET_ENTRY(name_usual),           LAZARET_ENTRY(name_usual_prior),
        LAZARET_ENTRY(mistake_from),
    };
    return entries;
}

} // namespace lazaret::detect

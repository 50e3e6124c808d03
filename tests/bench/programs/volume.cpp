// The detector's sense of volume on a series of measurements: CSV with a head, "YYYY-MM-DD hh:mm:ss,value",
// on stdin; for each row how surprising it is, 0 to 1, on stdout. For tests/replay/nab.
//
// A measurement is taken for the rate at which a subscriber sends: 0 messages an hour at the lowest value of
// the series, --rate at its highest. Each row is as many messages as that rate gives since the row before.

#include "arguments/command.hpp"
#include "detect/detector.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

namespace {

using namespace lazaret;

constexpr double hour = 3600;            // seconds
constexpr std::size_t stamp_length = 19; // of "YYYY-MM-DD hh:mm:ss"

struct Row {
    Time at{};
    double value = 0;
};

bool read(const std::string& line, Row& row) {
    if (line.size() < stamp_length + 2 || line[stamp_length] != ',') return false;
    std::string stamp = line.substr(0, stamp_length);
    stamp[10] = 'T';
    const auto at = parse_rfc3339(stamp + "Z");
    const auto [end, error] =
        std::from_chars(line.data() + stamp_length + 1, line.data() + line.size(), row.value);
    if (!at || error != std::errc() || !std::isfinite(row.value)) return false;
    row.at = *at;
    return true;
}

/// Only volume, without the cap and the zero below which it is no evidence: for the order of the rows neither
/// counts.
detect::Options reading() {
    detect::Options options;
    options.leaves_out.fill(true);
    options.leaves_out[static_cast<std::size_t>(detect::Kind::volume)] = false;
    options.model.volume_exponent = 1e6;
    options.model.volume_kappa = 0.5;
    options.model.volume_cap = std::numeric_limits<double>::infinity();
    return options;
}

/// 1 - p of the model's own tail, (1 + x / (usual + slack))^-exponent.
double surprise(const detect::Suspicion& suspicion, const detect::Model& read_with) {
    if (suspicion.evidence.empty()) return 0;
    const double minus_log_p =
        (suspicion.evidence.front().llr - std::log(read_with.volume_kappa)) / (1 - read_with.volume_kappa);
    return 1 - std::exp(-minus_log_p / read_with.volume_exponent * detect::Model().volume_exponent);
}

} // namespace

int main(int argc, char** argv) {
    std::uint32_t rate = 2000;
    arguments::Program program("lazaret-bench-volume",
                               "How surprising each row of a series is, by Lazaret's sense of volume.");
    program.option("--rate", rate, "Messages an hour at the highest value").positive().shows_default();
    if (const auto status = program.parse_or_tell(argc, argv)) return *status;

    std::vector<Row> rows;
    std::string line;
    std::getline(std::cin, line);
    while (std::getline(std::cin, line)) {
        Row row;
        if (!read(line, row)) {
            std::fprintf(stderr, "lazaret-bench-volume: found \"%s\", expected a time and a value\n",
                         line.c_str());
            return 1;
        }
        rows.push_back(row);
    }
    if (rows.empty()) return 0;
    const auto by_value = [](const Row& a, const Row& b) { return a.value < b.value; };
    const auto [low, high] = std::minmax_element(rows.begin(), rows.end(), by_value);
    const double range = std::max(high->value - low->value, 1e-9);

    const detect::Detector learns{detect::Options()};
    const detect::Options options = reading();
    const detect::Detector tells(options);
    detect::Campaigns campaigns;
    detect::State state;
    double due = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::size_t later = std::max<std::size_t>(i, 1);
        const double since = later < rows.size()
                                 ? std::chrono::duration<double>(rows[later].at - rows[later - 1].at).count()
                                 : hour;
        due += (rows[i].value - low->value) / range * rate * std::clamp(since, 0.0, hour) / hour;
        for (; due >= 1; due -= 1) {
            event::Event message;
            message.at = rows[i].at;
            message.subscriber = "series";
            learns.feed(state, campaigns, message);
        }
        std::printf("%.6f\n", surprise(tells.assess(state, rows[i].at), options.model));
    }
}

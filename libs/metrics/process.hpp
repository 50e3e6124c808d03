#pragma once
// process_*: what this process uses of the machine, read from /proc (proc(5)) at every call.

#include <prometheus/metric_family.h>

#include <vector>

namespace lazaret::metrics {

/// Families whose source cannot be read are left out.
std::vector<prometheus::MetricFamily> process_metrics();

} // namespace lazaret::metrics

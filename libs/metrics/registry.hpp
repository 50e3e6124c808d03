#pragma once
// The process's metrics in Prometheus' text format 0.0.4. One registry per process, made on first use and
// never destroyed. A metric is declared at the top of the file that changes it:
//
//     metrics::Counter& relayed = metrics::counter("lazaret_messages_total", "Messages by verdict.",
//                                                  {{"listener", "submission"}, {"verdict", "relayed"}});
//
// Keep the reference: making or finding a metric locks and hashes; Counter::Increment() and Gauge::Set() are
// lock-free, Histogram::Observe() takes a lock of its own. Labels come from small fixed sets, never from a
// subscriber, login, address or domain. The same name and labels give the same metric.

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::metrics {

using Counter = prometheus::Counter;
using Gauge = prometheus::Gauge;
using Histogram = prometheus::Histogram;
using Labels = std::map<std::string, std::string>;

/// All three throw std::exception on a malformed name, or on a name that another type of metric or another
/// help text has: bugs that show at the start of the program.
Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
/// `bounds`: upper bounds of the buckets, rising, without +Inf.
Histogram& histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                     const Labels& labels = {});

/// Bounds from 1 ms to 1 minute, for durations in seconds.
std::vector<double> duration_bounds();
/// Bounds from 1 KiB to 64 MiB, for sizes in octets.
std::vector<double> size_bounds();

/// The whole exposition, ending in a line end: the registered metrics, lazaret_build_info and process_*.
std::string expose();
/// Content-Type of expose().
inline constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

/// The product's version, as in lazaret_build_info.
std::string_view version();

} // namespace lazaret::metrics

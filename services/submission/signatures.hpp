#pragma once
// ClamAV finds what its signatures know: now and then clamd is asked how old they are, for an alert.

#include "net/deadlines.hpp"
#include "submission/node.hpp"

namespace lazaret::submission {

/// For as long as the io_context runs. Both outlive that.
net::task<> watch_signatures(Node& node, net::Deadlines& deadlines);

} // namespace lazaret::submission

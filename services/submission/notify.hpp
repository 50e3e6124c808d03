#pragma once
// Tells the service manager how far we are (sd_notify(3)).

#include <string_view>

namespace lazaret::submission {

/// "READY=1", "STOPPING=1": one datagram to NOTIFY_SOCKET. Nothing happens where there is none, nor when it is lost: the
/// manager has time-outs of its own.
void notify_manager(std::string_view state);

} // namespace lazaret::submission

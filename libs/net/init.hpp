#pragma once

namespace lazaret::net {

/// Once, at the start of every program that uses this library: it may have as many descriptors as the system allows, and a peer that goes away is an error value of the
/// write, not SIGPIPE (OpenSSL writes without MSG_NOSIGNAL).
void init();

} // namespace lazaret::net

#pragma once
// PROXY protocol, versions 1 and 2: what a balancer says before the client's first octet, so that we know who the client
// is. A parser without a socket; whose headers to believe is the caller's to know.

#include "core/address.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lazaret::net {

class ProxyHeader {
  public:
    enum class State { need_more, complete, malformed };
    struct Source {
        IpAddress address;
        std::uint16_t port = 0;
        bool operator==(const Source&) const = default;
    };
    /// Version 1 ends within this many octets, CR LF included; version 2 has 16 octets and at most this many behind them
    /// (addresses and TLVs; balancers send well under 1 KiB).
    static constexpr std::size_t longest_v1 = 107, longest_v2 = 4096;

    /// Takes octets up to the end of the header and says how many: what stands behind belongs to the client. Of what turns
    /// out to be no header, it may take any part.
    std::size_t feed(std::string_view input);
    /// So many octets can be read without taking one that is the client's; 0 once it is over. TLS needs this: its
    /// handshake must find every octet of its own in the socket.
    std::size_t wanted() const;
    State state() const { return state_; }
    /// Of a complete header: the client. nullopt where the balancer speaks for itself (v2 LOCAL: a health check) or
    /// knows no address (v1 UNKNOWN, other families): the connection's own address stands.
    const std::optional<Source>& source() const { return source_; }

  private:
    void look();
    void look_v1();
    void look_v2();
    void end(bool good) { state_ = good ? State::complete : State::malformed; }
    bool parse_line(std::string_view line);
    bool parse_block(std::string_view block);

    State state_ = State::need_more;
    std::string seen_;
    std::optional<Source> source_;
};

} // namespace lazaret::net

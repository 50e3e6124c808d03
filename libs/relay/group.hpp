#pragma once
// Several next hops that do the same work: each transaction goes to the healthy one with the fewest busy
// connections, and to another when its connection cannot be had. One group per io_context and thread.

#include "relay/pool.hpp"
#include "smtp/envelope.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace lazaret::relay {

/// What a transaction asks of the next hop that takes it.
struct Needs {
    bool smtputf8 = false, eight_bit_mime = false; ///< it cannot do without
    bool dsn = false;                              ///< RFC 3461 5.2.1 allows to go without
    std::uint64_t size = 0;                        ///< a smaller hop says so itself
    std::string_view login;                        ///< of the account, where XCLIENT tells it; not owned

    Needs() = default;
    Needs(const smtp::MailFrom& mail, std::string_view account);
    /// Whether a hop that offers this can take it at all; and with all that was asked.
    bool possible(const smtp::Extensions& offered) const;
    bool met(const smtp::Extensions& offered) const;
};

class HopGroup {
  public:
    /// At least one hop; throws std::invalid_argument otherwise.
    HopGroup(net::asio::io_context& io, net::Deadlines& deadlines, std::vector<PoolSettings> hops);

    void start(); ///< as Pool::start()
    void stop();

    /// A connection that waits for work at the hop whose turn it is, without a wait.
    std::optional<Lease> take_idle(const Needs& needs);
    /// A connection to a healthy hop, one after the other until one can be had. `fresh`: none that waited, and
    /// to another hop than `avoid` where there is a healthy one. A Fault is for the log; the client's mail was
    /// not judged. Never returns a lease and a Fault.
    net::task<Fault> acquire(std::optional<Lease>& lease, const Needs& needs, bool fresh, const Hop* avoid);
    /// A transaction broke at this hop. Two in a row, and it is left out while another one stands: the last one
    /// goes on, since a hop that breaks often is better than none.
    void broke(Hop& hop, const Fault& fault);
    bool has_other(const Hop& hop) const; ///< besides it a healthy one

    /// What every healthy hop offers; of all that were ever reached when none is healthy; all false before the
    /// first answer. Valid until the next call.
    const smtp::Extensions& extensions();
    /// Whether a hop that could take it, or was never reached, is away: then a later attempt may succeed.
    bool may_come_back(const Needs& needs) const;

    /// Whether a connection stands to every healthy hop that would have told of a change of its offer.
    bool is_current();
    /// Where none stands, asks that hop anew, all within `at_most`.
    net::task<> refresh(Duration at_most);

    bool reachable() const; ///< some hop is healthy
    std::size_t idle() const;

  private:
    struct Member {
        std::unique_ptr<Pool> pool;
        std::shared_ptr<const smtp::Extensions> offered; ///< of generation_
    };
    net::task<> look();
    void update();
    Member* choose(const Needs& needs, const std::vector<bool>* tried, const Hop* avoid);

    net::Executor executor_;
    std::vector<Member> members_;
    std::size_t turn_ = 0;
    std::uint64_t generation_ = 0; ///< of Hop, that `offered` and common_ were read at
    smtp::Extensions common_;
};

} // namespace lazaret::relay

#pragma once
// One question to a daemon on a connection of its own, with one deadline for all of it. Internal to this folder.

#include "core/address.hpp"
#include "net/stream.hpp"
#include "scan/octets.hpp"
#include "scan/scanner.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lazaret::scan {

class Exchange {
  public:
    using Clock = net::Deadline::clock;

    /// `who` begins the sentences of failure().
    Exchange(std::string_view who, Duration timeout) : who_(who), end_(Clock::now() + timeout) {}

    net::task<bool> connect(Endpoint to, net::Deadlines& deadlines);
    /// All of it, or false. What the peer said before it closed can still be read.
    net::task<bool> write(std::string_view octets);
    /// The message in pieces, as it is or each with a header before it.
    using PieceHeader = std::array<char, 4> (*)(std::uint32_t size);
    net::task<bool> write(const Octets& message, PieceHeader header = nullptr);
    /// What comes next, at the end of `into`; false at the end of the connection (failure() is "" when it was orderly)
    /// or when nothing came in time.
    net::task<bool> read(std::string& into);

    const std::string& failure() const { return failure_; }
    /// The peer has ended a write early: it may have said why. Not so where the deadline has passed or the message could
    /// not be read.
    bool was_cut_short() const { return stream_ && !late_ && !ours_; }
    /// What stands when the peer cut a write short and then said `reply`: its reason where it gave one, never a verdict, for
    /// it has not seen the whole message. `before` is the outcome of the write.
    static Outcome after_cut(Outcome before, Outcome reply);
    /// As an outcome of the whole; `what` where no failure is known.
    Outcome failed(std::string_view what = "closed without a reply") const;

  private:
    Duration left() const;
    bool fail(const net::Transfer& transfer);
    bool is_late();

    std::string_view who_;
    Clock::time_point end_;
    std::unique_ptr<net::Stream> stream_;
    std::string failure_;
    bool late_ = false, ours_ = false;
};

} // namespace lazaret::scan

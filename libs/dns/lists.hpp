#pragma once
// DNS lists of addresses (DNSBL) and of domains (URIBL), RFC 5782.
//
// A list is asked by questions for A records: "7.2.0.192.zone" about 192.0.2.7, nibbles for IPv6, "evil.example.zone"
// about a domain. What counts as listed is an answer in 127.0.0.0/8, except those by which lists speak of the question
// itself: 127.0.0.0, 127.0.0.1 (URIBL: refused), 127.0.1.255 (DBL: asked about an address) and 127.255.255.0/24 (Spamhaus:
// wrong zone, public resolver, too many questions). Those, and answers outside 127.0.0.0/8, mean that the list tells
// nothing: nobody is listed by a misread error. A list that is away lists nobody either.
//
// A list that lists everything, as a dead one's domain does in the hands of a new owner, is not believed: beside each
// question goes one about the entry that no list may have (127.0.0.1, INVALID; section 5 there), which is mostly
// remembered; only while that is answered with "no such name" do listings count.

#include "core/address.hpp"
#include "dns/resolver.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lazaret::dns {

struct List {
    enum class Of { addresses, domains };

    std::string name; ///< [a-z0-9_-], as in metrics, log and findings
    std::string zone; ///< "zen.spamhaus.org"; may hold a customer's key, so that it is neither logged nor shown
    Of of = Of::domains;
    std::vector<Cidr> counts; ///< answers that count, e.g. 127.0.0.4/30; empty = all that speak of the entry

    List() = default;
    List(std::string called, std::string where, Of what, std::vector<Cidr> which = {})
        : name(std::move(called)), zone(std::move(where)), of(what), counts(std::move(which)) {}
};

std::string question(const List& list, const IpAddress& address);
/// "" where the name would be longer than names may be.
std::string question(const List& list, std::string_view domain);
/// About the entry that must not be there.
std::string control_question(const List& list);

enum class Listing {
    listed,
    not_listed,
    refused, ///< the list speaks of the question, or what answers is no list
    away,    ///< no answer
};
std::string_view to_string(Listing listing);
Listing judge(const List& list, const Answer& answer);

/// What one list says about all that it was asked.
struct Report {
    enum class State {
        answered,
        away, ///< not every question has an answer
        off,  ///< it is not believed
    };

    const List* list = nullptr; ///< of the Lists that were asked
    State state = State::away;
    std::vector<std::string> listed; ///< those that it has, in the order of the questions; none where it is off
    Duration took{};

    Report() = default; // travels through coroutines: no aggregate
};

/// All configured lists, on one thread. Metrics: lazaret_dns_list_total{list,result}, result as in Listing or "everything"
/// while the list has what it must not; lazaret_dns_list_off{list}.
class Lists {
  public:
    /// The resolver must outlive it.
    Lists(std::vector<List> lists, Resolver& resolver);
    ~Lists();

    /// Asks each list of domains about `domains` (registrable ones, A-labels) and each list of addresses about
    /// `addresses`, all at once. What is not answered within `limit` is not listed. Lists that there was nothing to ask
    /// have no report.
    net::task<std::vector<Report>> look_up(std::vector<std::string> domains, std::vector<IpAddress> addresses, Duration limit);

    const std::vector<List>& lists() const { return lists_; }

  private:
    struct Watched;
    net::task<Report> ask(std::size_t number, std::vector<std::string> subjects, std::vector<Question> questions, Duration limit);

    std::vector<List> lists_;
    std::vector<Watched> watched_; // of each
    Resolver& resolver_;
};

} // namespace lazaret::dns

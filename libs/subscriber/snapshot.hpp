#pragma once
// The immutable picture from which submission decides: no database on the mail path (design, Laws).
// Two parts, because they change at different paces: the directory (accounts, networks, plans) and the quarantine list.
// Published as std::shared_ptr<const ...>; readers keep the pointer for one decision, not for a session.

#include "subscriber/model.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lazaret::subscriber {

/// Accounts by login, networks by longest prefix, plans and subscribers by name.
class Directory {
  public:
    struct Rows {
        std::vector<Plan> plans;
        std::vector<Subscriber> subscribers;
        std::vector<Account> accounts;
        std::vector<Network> networks;
        bool operator==(const Rows&) const = default;
    };
    Directory() = default;
    explicit Directory(Rows rows);

    /// nullptr when unknown. Pointers live as long as the directory.
    const Account* account(std::string_view login) const;
    const Subscriber* subscriber(std::string_view id) const;
    const Plan* plan(std::string_view name) const;
    /// The most specific block that holds the address. O(prefix lengths in use).
    const Network* network(const IpAddress& address) const;
    const Rows& rows() const { return rows_; }

  private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    template <class V> using Map = std::unordered_map<std::string, V, Hash, std::equal_to<>>;
    struct Table; // one hash table of blocks per prefix length, longest first

    Rows rows_;
    Map<std::size_t> accounts_, subscribers_, plans_; // index into rows_
    std::shared_ptr<const Table> networks_;
};

/// Whose mail it is, as far as a confinement asks.
struct Sending {
    std::string_view subscriber;
    std::string_view account; ///< "" where a network told who it is
    IpAddress client;
    bool null_sender = false;
};

/// By its scope alone, whoever's it is.
bool is_about(const Quarantine& confinement, const Sending& what);

/// Active confinements by subscriber; the most severe level wins where several are active.
class QuarantineList {
  public:
    QuarantineList() = default;
    explicit QuarantineList(std::vector<Quarantine> entries);
    /// nullptr when this may be sent at `at`.
    const Quarantine* find(const Sending& what, Time at) const;
    const std::vector<Quarantine>& entries() const { return entries_; }

  private:
    std::vector<Quarantine> entries_; // sorted by subscriber, then level descending
};

struct Snapshot {
    std::shared_ptr<const Directory> directory = std::make_shared<Directory>();
    std::shared_ptr<const QuarantineList> quarantine = std::make_shared<QuarantineList>();
};

/// The file that carries submission through a restart without a database. JSON, one object.
std::string to_json(const Snapshot& snapshot);
Result<Snapshot> from_json(std::string_view text);

} // namespace lazaret::subscriber

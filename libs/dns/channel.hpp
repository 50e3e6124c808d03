#pragma once
// c-ares on an io_context: this pair of files is the only place that knows it.

#include "core/time.hpp"
#include "dns/resolver.hpp"

#include <functional>
#include <memory>
#include <string>

namespace lazaret::dns {

/// One question after another to the configured servers. One thread's.
class Channel {
  public:
    /// The answer, and how long it is good as its records say; zero for `none` and `failed`. May be called before ask()
    /// returns, and is called by the destructor. Must not throw.
    using Handler = std::function<void(Answer answer, std::chrono::seconds ttl)>;

    Channel(net::Executor executor, const ResolverSettings& settings); ///< throws as Resolver does
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    void ask(const Question& question, Handler handler);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace lazaret::dns

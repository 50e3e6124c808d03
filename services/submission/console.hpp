#pragma once
// The operator's socket: live sessions listed, ended and watched while mail goes on. One JSON object a line in both
// directions (docs/operations/sessions.md). Who may open the socket (its owner's group) may do all of it.

#include "core/result.hpp"
#include "net/deadlines.hpp"
#include "net/listener.hpp"
#include "net/task.hpp"
#include "submission/worker.hpp"

#include <filesystem>
#include <memory>
#include <vector>

namespace lazaret::submission {

/// Lives on the control thread's io_context and asks the workers by posting to theirs. Bounded: 32 connections, requests of
/// 4 KiB, Tracing::most_tracers of them tracing. Node and workers outlive it.
class Console {
  public:
    Console(net::asio::io_context& io, net::Deadlines& deadlines, Node& node, std::vector<Worker*> workers);
    ~Console();
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;

    /// Fails like net::listen, or when the path is too long for a socket.
    Result<void> start(const std::filesystem::path& path);
    void stop(); ///< on the io_context's thread, or when it has ended; removes the socket

  private:
    struct State;
    std::shared_ptr<State> state_; ///< shared with the connections' coroutines
    std::unique_ptr<net::Listener> listener_;
    std::filesystem::path path_;
};

} // namespace lazaret::submission

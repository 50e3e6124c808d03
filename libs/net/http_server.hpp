#pragma once
// A small HTTP/1.1 server for pages that a program answers from memory: /metrics, /healthz. GET and HEAD
// only, no body, no TLS: for loopback and the management network.

#include "core/address.hpp"
#include "core/result.hpp"
#include "net/listener.hpp"

#include <functional>
#include <memory>
#include <string>

namespace lazaret::net {

struct HttpReply {
    unsigned status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;

    HttpReply() = default;
    HttpReply(unsigned code, std::string type, std::string text)
        : status(code), content_type(std::move(type)), body(std::move(text)) {}
};

/// Lives on one io_context. Bounded: 64 connections, 8 KiB of request, 10 s for a request, 60 s between two.
class HttpServer {
  public:
    /// Called for each request on the io_context's thread; must not block. An exception becomes 500.
    using Page = std::function<HttpReply()>;

    /// `deadlines` outlives the server and is of the same io_context.
    HttpServer(asio::io_context& io, Deadlines& deadlines);
    ~HttpServer(); ///< stops
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    void route(std::string path, Page page);
    /// Listens and answers until stop(); gives the address with the real port. Fails like net::listen.
    Result<Endpoint> start(const Endpoint& at);
    /// Closes listener and connections; requests in progress are cut.
    void stop();

  private:
    struct State;
    asio::io_context& io_;
    std::shared_ptr<State> state_;
    std::unique_ptr<Listener> listener_;
};

} // namespace lazaret::net

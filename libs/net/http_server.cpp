#include "net/http_server.hpp"

#include "log/log.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string_view>

namespace lazaret::net {

namespace {

namespace http = boost::beast::http;
using Parser = http::request_parser<http::empty_body>;
constexpr std::size_t max_connections = 64;
constexpr std::uint32_t max_request = 8192;
constexpr Duration request_timeout = std::chrono::seconds(10);
constexpr Duration idle_timeout = std::chrono::seconds(60);

std::string render(const HttpReply& reply, bool head, bool keep_alive) {
    std::string wire = "HTTP/1.1 " + std::to_string(reply.status) + ' ';
    wire += std::string_view(http::obsolete_reason(static_cast<http::status>(reply.status)));
    wire += "\r\nContent-Type: " + reply.content_type;
    wire += "\r\nContent-Length: " + std::to_string(reply.body.size());
    wire += "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff";
    if (reply.status == 405) wire += "\r\nAllow: GET, HEAD";
    wire += keep_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
    if (!head) wire += reply.body;
    return wire;
}

HttpReply plain(unsigned status, std::string text) {
    return HttpReply(status, "text/plain; charset=utf-8", std::move(text));
}

} // namespace

struct HttpServer::State {
    std::map<std::string, Page, std::less<>> pages;
    std::set<Stream*> open;
    Deadlines* deadlines = nullptr;
    bool stopped = false;

    HttpReply answer(const Parser& parser) const {
        const auto& request = parser.get();
        const auto target = std::string_view(request.target());
        const auto page = pages.find(target.substr(0, target.find('?')));
        if (page == pages.end()) return plain(404, "not found\n");
        if (request.method() != http::verb::get && request.method() != http::verb::head)
            return plain(405, "only GET and HEAD\n");
        try {
            return page->second();
        } catch (const std::exception& error) {
            log::error("page_failed", "A page of the HTTP server threw",
                       {{"path", page->first}, {"error", error.what()}});
            return plain(500, "internal error\n");
        }
    }

    /// Reads one request. nullopt: one was read; a reply: what to say before closing, or status 0 to say
    /// nothing.
    static task<std::optional<HttpReply>> read_request(Stream& stream, std::string& pending, Parser& parser) {
        auto left = idle_timeout;
        std::optional<Deadline::clock::time_point> end; // set by the first octet
        std::array<char, 2048> buffer;
        for (;;) {
            if (!pending.empty()) {
                if (!end) end = Deadline::clock::now() + request_timeout;
                boost::system::error_code error;
                const auto used = parser.put(asio::buffer(pending), error);
                pending.erase(0, used);
                if (error == http::error::header_limit || pending.size() > max_request)
                    co_return plain(431, "request too large\n");
                if (error == http::error::body_limit) co_return plain(413, "a request has no body here\n");
                if (error && error != http::error::need_more) co_return plain(400, "bad request\n");
                if (parser.is_done()) co_return std::nullopt;
            }
            const auto read = stream.try_read(buffer);
            if (read.ok()) {
                pending.append(buffer.data(), read.count);
                continue;
            }
            if (read.state != Transfer::State::would_block) co_return HttpReply(0, "", "");
            if (end) left = std::chrono::duration_cast<Duration>(*end - Deadline::clock::now());
            const auto ready = co_await stream.wait_readable(std::max(left, Duration::zero()));
            if (!ready.ok()) co_return HttpReply(0, "", "");
        }
    }

    static task<> serve(std::shared_ptr<State> self, std::unique_ptr<Stream> stream) {
        self->open.insert(stream.get());
        std::string pending;
        bool keep_alive = true;
        while (keep_alive && !self->stopped) {
            Parser parser;
            parser.eager(true);
            parser.header_limit(max_request);
            parser.body_limit(std::uint64_t{0});
            auto refusal = co_await read_request(*stream, pending, parser);
            if (refusal && refusal->status == 0) break;
            keep_alive = !refusal && parser.keep_alive();
            const auto reply = refusal ? std::move(*refusal) : self->answer(parser);
            const bool head = !refusal && parser.get().method() == http::verb::head;
            const auto wire = render(reply, head, keep_alive);
            const auto written = co_await stream->write(wire, request_timeout);
            if (!written.ok()) break;
        }
        self->open.erase(stream.get());
    }
};

HttpServer::HttpServer(asio::io_context& io, Deadlines& deadlines)
    : io_(io), state_(std::make_shared<State>()) {
    state_->deadlines = &deadlines;
}

HttpServer::~HttpServer() {
    stop();
}

void HttpServer::route(std::string path, Page page) {
    state_->pages.insert_or_assign(std::move(path), std::move(page));
}

Result<Endpoint> HttpServer::start(const Endpoint& at) {
    asio::io_context* contexts[] = {&io_};
    auto listeners = listen(at, contexts);
    if (!listeners) return listeners.error();
    listener_ = std::move(listeners->front());
    listener_->start([state = state_](Accepted connection) {
        if (state->open.size() >= max_connections) return; // closed by the socket's destructor
        const auto executor = connection.socket.get_executor();
        auto stream = std::make_unique<Stream>(std::move(connection), *state->deadlines);
        asio::co_spawn(executor, State::serve(state, std::move(stream)), [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        });
    });
    return listener_->local();
}

void HttpServer::stop() {
    state_->stopped = true;
    if (listener_) listener_->stop();
    for (auto* stream : state_->open)
        stream->close();
}

} // namespace lazaret::net

#include "net/http_client.hpp"

#include "core/text.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace lazaret::net {

namespace {

namespace http = boost::beast::http;
using Parser = http::response_parser<http::string_body>;
using State = Transfer::State;
constexpr std::uint32_t max_header = 32 * 1024;
constexpr std::uint64_t max_body = 64 * 1024;

/// The time that is left of the whole exchange.
class Budget {
  public:
    explicit Budget(Duration timeout) : end_(Deadline::clock::now() + timeout) {}
    Duration left() const {
        const auto rest = std::chrono::duration_cast<Duration>(end_ - Deadline::clock::now());
        return std::max(rest, Duration::zero());
    }

  private:
    Deadline::clock::time_point end_;
};

std::string describe(const Transfer& transfer, const Stream& stream) {
    switch (transfer.state) {
    case State::timeout: return "timed out";
    case State::closed: return "connection closed by the server";
    default: return stream.last_error();
    }
}

Error failure(const Url& url, std::string_view what) {
    return Error(url.authority() + ": " + std::string(what), true);
}

bool breaks_the_header(const HttpRequest& request) {
    const auto has_line_end = [](std::string_view text) { return text.find_first_of("\r\n") != text.npos; };
    return std::any_of(request.fields.begin(), request.fields.end(), [&](const HttpField& field) {
        return has_line_end(field.name) || has_line_end(field.value);
    });
}

std::string render(const HttpRequest& request) {
    std::string wire =
        request.method + ' ' + request.url.target + " HTTP/1.1\r\nHost: " + request.url.authority();
    for (const auto& field : request.fields)
        wire += "\r\n" + field.name + ": " + field.value;
    wire += "\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\nConnection: close\r\n\r\n";
    wire += request.body;
    return wire;
}

/// "" when all went out.
task<std::string> send_all(Stream& stream, std::string_view wire, const Budget& budget) {
    while (!wire.empty()) {
        auto sent = stream.try_write(wire);
        wire.remove_prefix(sent.count);
        if (sent.ok()) continue;
        if (sent.state == State::would_block) sent = co_await stream.wait_writable(budget.left());
        if (!sent.ok()) co_return describe(sent, stream);
    }
    co_return std::string();
}

/// Reads until the parser has the whole response; "" then.
task<std::string> read_response(Stream& stream, std::optional<Parser>& parser, const Budget& budget) {
    std::string pending;
    std::array<char, 4096> buffer;
    for (;;) {
        auto read = stream.try_read(buffer);
        if (read.state == State::would_block) {
            read = co_await stream.wait_readable(budget.left());
            if (read.ok()) continue;
        }
        boost::system::error_code error;
        if (read.state == State::closed && parser->is_header_done()) {
            parser->put_eof(error);
            co_return error ? "response cut short" : "";
        }
        if (!read.ok()) co_return describe(read, stream);
        pending.append(buffer.data(), read.count);
        while (!pending.empty() && !parser->is_done()) {
            const auto used = parser->put(asio::buffer(pending), error);
            pending.erase(0, used);
            if (error == http::error::body_limit) co_return ""; // the status is what counts
            if (error == http::error::need_more) break;
            if (error) co_return "no HTTP response: " + error.message();
            // An interim response (RFC 9110 15.2) comes before the real one.
            if (parser->is_done() && parser->get().result_int() / 100 == 1) {
                parser.emplace();
                parser->eager(true);
                parser->header_limit(max_header);
                parser->body_limit(max_body);
            }
        }
        if (parser->is_done()) co_return "";
        if (pending.size() > max_header) co_return "response header too large";
    }
}

} // namespace

std::string_view HttpResponse::field(std::string_view name) const {
    for (const auto& each : fields)
        if (ascii_iequals(each.name, name)) return each.value;
    return {};
}

task<Result<HttpResponse>> http_exchange(HttpRequest request, std::shared_ptr<const TlsContext> tls,
                                         Duration timeout, Deadlines& deadlines) {
    const auto& url = request.url;
    if (breaks_the_header(request)) co_return failure(url, "a header field holds a line end");
    if (url.tls && !tls) co_return failure(url, "https without a TLS context");
    const Budget budget(timeout);
    std::string error;
    auto stream = co_await connect(Endpoint(url.host, url.port), budget.left(), deadlines, error);
    if (!stream) co_return failure(url, error);
    if (url.tls) {
        const auto shaken = co_await stream->connect_tls(tls->get(), url.host, budget.left());
        if (!shaken.ok()) co_return failure(url, "TLS: " + describe(shaken, *stream));
    }
    const auto wire = render(request);
    error = co_await send_all(*stream, wire, budget);
    if (!error.empty()) co_return failure(url, error);
    std::optional<Parser> parser(std::in_place);
    parser->eager(true);
    parser->header_limit(max_header);
    parser->body_limit(max_body);
    error = co_await read_response(*stream, parser, budget);
    if (!error.empty()) co_return failure(url, error);

    HttpResponse response;
    response.status = parser->get().result_int();
    response.body = std::move(parser->get().body());
    for (const auto& field : parser->get())
        response.fields.emplace_back(std::string(field.name_string()), std::string(field.value()));
    co_return response;
}

} // namespace lazaret::net

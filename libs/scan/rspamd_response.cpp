// The HTTP side of rspamd's replies, read by Boost.Beast.

#include "scan/rspamd_protocol.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <optional>
#include <utility>

namespace lazaret::scan::rspamd {

namespace http = boost::beast::http;

struct Response::Parser {
    std::optional<http::response_parser<http::string_body>> http;
};

Response::Response() : parser_(std::make_unique<Parser>()) {
    restart();
}
Response::~Response() = default;
Response::Response(Response&&) noexcept = default;
Response& Response::operator=(Response&&) noexcept = default;

void Response::restart() {
    auto& parser = parser_->http.emplace();
    parser.eager(true);
    parser.header_limit(max_reply_header);
    parser.body_limit(max_reply);
}

void Response::fail(std::string reason) {
    state_ = State::broken;
    reason_ = std::move(reason);
    pending_.clear();
}

void Response::feed(std::string_view octets) {
    if (state_ != State::reading) return;
    pending_.append(octets);
    while (!pending_.empty()) {
        boost::system::error_code error;
        auto& parser = *parser_->http;
        const auto used = parser.put(boost::asio::buffer(pending_), error);
        pending_.erase(0, used);
        if (error == http::error::need_more) {
            if (pending_.size() > max_reply_header) fail("no end of its header");
            return;
        }
        if (error) return fail(error.message());
        if (!parser.is_done()) {
            if (used == 0) return;
            continue;
        }
        if (parser.get().result_int() / 100 == 1) { // an interim response (RFC 9110 15.2) comes before the real one
            restart();
            continue;
        }
        state_ = State::whole;
        return;
    }
}

void Response::end() {
    if (state_ != State::reading) return;
    boost::system::error_code error;
    if (!parser_->http->got_some()) return fail("closed without a reply");
    parser_->http->put_eof(error);
    if (error || !parser_->http->is_done()) return fail("half a reply");
    state_ = State::whole;
}

unsigned Response::status() const {
    return parser_->http->is_header_done() ? parser_->http->get().result_int() : 0;
}

const std::string& Response::body() const {
    return parser_->http->get().body();
}

} // namespace lazaret::scan::rspamd

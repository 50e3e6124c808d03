#pragma once
// One HTTP/1.1 request on a connection of its own: webhooks and other calls that are rare. No redirects, no
// proxies.

#include "core/result.hpp"
#include "core/time.hpp"
#include "net/stream.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lazaret::net {

struct HttpField {
    std::string name, value;
    HttpField(std::string n, std::string v) : name(std::move(n)), value(std::move(v)) {}
};

struct HttpRequest {
    Url url;
    std::string method = "POST";
    std::vector<HttpField> fields; ///< besides Host, Content-Length and Connection; no CR or LF in them
    std::string body;

    HttpRequest(Url to, std::string content) : url(std::move(to)), body(std::move(content)) {}
};

struct HttpResponse {
    unsigned status = 0;
    std::vector<HttpField> fields;
    std::string body; ///< cut at 64 KiB

    HttpResponse() = default;
    /// The first field of this name, in any case; "" where there is none.
    std::string_view field(std::string_view name) const;
};

/// Sends it and reads the whole response, all within `timeout`. Any status is a response; the Error
/// (transient) is for what never became one: name, connection, certificate, time-out, nonsense. `tls` is a
/// client context for https; unused for http.
task<Result<HttpResponse>> http_exchange(HttpRequest request, std::shared_ptr<const TlsContext> tls,
                                         Duration timeout, Deadlines& deadlines);

} // namespace lazaret::net

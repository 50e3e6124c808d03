#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "net/init.hpp"
#include "net/test_support.hpp"

#include <gmock/gmock.h>

namespace lazaret::net {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Url, Parses) {
    const auto plain = Url::parse("http://tickets.example/hook?a=b");
    ASSERT_TRUE(plain);
    EXPECT_FALSE(plain->tls);
    EXPECT_EQ(plain->host, "tickets.example");
    EXPECT_EQ(plain->port, 80);
    EXPECT_EQ(plain->target, "/hook?a=b");
    EXPECT_EQ(plain->authority(), "tickets.example");
    const auto v6 = Url::parse("HTTPS://[2001:db8::1]:8443");
    ASSERT_TRUE(v6);
    EXPECT_TRUE(v6->tls);
    EXPECT_EQ(v6->host, "2001:db8::1");
    EXPECT_EQ(v6->target, "/");
    EXPECT_EQ(v6->authority(), "[2001:db8::1]:8443");
    EXPECT_EQ(Url::parse("http://h?x")->target, "/?x");
}

TEST(Url, RefusesWhatItCannotMean) {
    for (const char* text :
         {"", "tickets.example", "ftp://h/", "http://", "http:///x", "http://u:p@h/", "http://h:0/",
          "http://h:65536/", "http://h:/", "http://h:1x/", "http://h/a b", "http://h/#f", "http://[::1",
          "http://[h]/", "http://[1.2.3.4]/", "http://h\r\nX: y/", "http://h/\xc3\xbc", "http://a,b/"})
        EXPECT_FALSE(Url::parse(text)) << text;
    EXPECT_EQ(Url::parse("ftp://h/").error().message,
              "\"ftp://h/\" is no usable URL: it must begin with http:// or https://");
}

class HttpTest : public ::testing::Test {
  protected:
    HttpTest() : server(loop.io, loop.deadlines) {
        init();
        server.route("/healthz", [] { return HttpReply(200, "text/plain", "ok\n"); });
        server.route("/broken", []() -> HttpReply { throw std::runtime_error("bug"); });
        at = *server.start(Endpoint("127.0.0.1", 0));
    }
    /// What the server answers to these octets before it closes.
    std::string raw(const std::string& request) {
        std::string got;
        loop.run([](Endpoint to, std::string text, Loop& l, std::string& out) -> task<> {
            std::string error;
            auto stream = co_await connect(to, 5s, l.deadlines, error);
            const auto written = co_await stream->write(text, 5s);
            EXPECT_TRUE(written.ok());
            out = co_await read_until(*stream, "");
        }(at, request, loop, got));
        return got;
    }
    Result<HttpResponse> exchange(HttpRequest request, std::shared_ptr<const TlsContext> tls = {},
                                  Duration timeout = 5s) {
        Result<HttpResponse> result = Error("not run");
        loop.run([](HttpRequest what, std::shared_ptr<const TlsContext> context, Duration limit, Loop& l,
                    Result<HttpResponse>& out) -> task<> {
            out = co_await http_exchange(std::move(what), std::move(context), limit, l.deadlines);
        }(std::move(request), std::move(tls), timeout, loop, result));
        return result;
    }
    /// A peer that answers one connection with fixed octets and closes; gives what it got.
    struct Peer {
        std::unique_ptr<Listener> listener;
        std::string got;
        Url url;
    };
    std::unique_ptr<Peer> peer(std::string answer, std::shared_ptr<const TlsContext> tls = {}) {
        auto made = std::make_unique<Peer>();
        asio::io_context* contexts[] = {&loop.io};
        made->listener = std::move(listen(Endpoint("127.0.0.1", 0), contexts)->front());
        made->url = *Url::parse((tls ? "https://localhost:" : "http://127.0.0.1:") +
                                std::to_string(made->listener->local().port) + "/hook");
        made->listener->start(
            [this, answer, tls, self = made.get()](Accepted connection) {
                loop.spawn(serve_one(std::make_unique<Stream>(std::move(connection), loop.deadlines), answer, tls,
                                     self->got));
            });
        return made;
    }
    static task<> serve_one(std::unique_ptr<Stream> stream, std::string answer,
                            std::shared_ptr<const TlsContext> tls, std::string& got) {
        if (tls) {
            const auto shaken = co_await stream->accept_tls(tls->get(), 5s);
            if (!shaken.ok()) co_return;
        }
        got = co_await read_until(*stream, "{\"end\":1}");
        const auto written = co_await stream->write(answer, 5s);
        EXPECT_TRUE(written.ok());
        if (answer.empty()) co_await stream->wait_readable(5s);
    }
    HttpRequest request(const Peer& to) { return HttpRequest(to.url, "{\"end\":1}"); }

    Loop loop;
    TempDir dir;
    HttpServer server;
    Endpoint at;
};

TEST_F(HttpTest, ServesPages) {
    const auto got = raw("GET /healthz?x=y HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(got, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(got, HasSubstr("\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"));
    EXPECT_TRUE(got.ends_with("\r\n\r\nok\n"));
    const auto head = raw("HEAD /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(head, HasSubstr("Content-Length: 3\r\n"));
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST_F(HttpTest, KeepsTheConnectionForMore) {
    const auto got = raw("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\nGET /nothing HTTP/1.1\r\nHost: "
                         "h\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(got, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(got, HasSubstr("ok\nHTTP/1.1 404 Not Found\r\n"));
}

TEST_F(HttpTest, RefusesTheRest) {
    EXPECT_THAT(raw("POST /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
                StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
    EXPECT_THAT(raw("POST /healthz HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"),
                StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(raw("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(raw("GET / HTTP/1.1\r\nX: " + std::string(20000, 'x') + "\r\n\r\n"),
                StartsWith("HTTP/1.1 431 "));
    EXPECT_THAT(raw("GET /broken HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
                StartsWith("HTTP/1.1 500 "));
}

TEST_F(HttpTest, StopCutsConnections) {
    std::string got = "unset";
    bool connected = false, done = false;
    loop.spawn([](Endpoint to, Loop& l, std::string& out, bool& is_connected, bool& is_done) -> task<> {
        std::string error;
        auto stream = co_await connect(to, 5s, l.deadlines, error);
        is_connected = stream->try_write("GET /healthz HTTP/1.1\r\n").ok();
        out = co_await read_until(*stream, "");
        is_done = true;
    }(at, loop, got, connected, done));
    loop.run_until([&] { return connected; });
    server.stop();
    loop.run_until([&] { return done; });
    EXPECT_EQ(got, "");
}

TEST_F(HttpTest, ClientPosts) {
    const auto to = peer("HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\nHTTP/1.1 201 Created\r\nRetry-After: "
                         "7\r\nContent-Length: 4\r\n\r\ndone");
    auto what = request(*to);
    what.fields.emplace_back("Content-Type", "application/json");
    const auto got = exchange(std::move(what));
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->status, 201u);
    EXPECT_EQ(got->body, "done");
    EXPECT_EQ(got->field("retry-after"), "7");
    EXPECT_EQ(to->got, "POST /hook HTTP/1.1\r\nHost: " + to->url.authority() +
                           "\r\nContent-Type: application/json\r\nContent-Length: 9\r\nConnection: "
                           "close\r\n\r\n{\"end\":1}");
}

TEST_F(HttpTest, ClientReadsToTheEndOfTheConnectionAndChunks) {
    auto to = peer("HTTP/1.0 200 OK\r\n\r\nall of it");
    EXPECT_EQ(exchange(request(*to))->body, "all of it");
    to = peer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    EXPECT_EQ(exchange(request(*to))->body, "abcde");
}

TEST_F(HttpTest, ClientDoesNotFollowRedirects) {
    const auto to = peer("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    const auto got = exchange(request(*to));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, 302u);
}

TEST_F(HttpTest, ClientBoundsTheResponse) {
    auto to = peer("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + std::string(1000, 'x'));
    auto got = exchange(request(*to));
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->status, 200u);
    to = peer("HTTP/1.1 200 OK\r\nX: " + std::string(100000, 'x') + "\r\n\r\n");
    got = exchange(request(*to));
    ASSERT_FALSE(got);
    EXPECT_TRUE(got.error().transient);
}

TEST_F(HttpTest, ClientSaysWhatWentWrong) {
    auto to = peer("SSH-2.0-OpenSSH\r\n\r\n");
    EXPECT_THAT(exchange(request(*to)).error().message, HasSubstr("no HTTP response"));
    to = peer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    EXPECT_THAT(exchange(request(*to)).error().message, HasSubstr("response cut short"));
    to = peer("");
    EXPECT_EQ(exchange(request(*to), {}, 100ms).error().message, to->url.authority() + ": timed out");
    to->listener->stop();
    EXPECT_EQ(exchange(request(*to)).error().message, to->url.authority() + ": Connection refused");
    auto bad = request(*to);
    bad.fields.emplace_back("X", "a\r\nY: b");
    EXPECT_THAT(exchange(std::move(bad)).error().message, HasSubstr("line end"));
}

TEST_F(HttpTest, HttpsIsVerified) {
    Certificate made;
    const auto cert = dir.write("cert.pem", made.certificate);
    auto context = *TlsContext::server({cert}, {dir.write("key.pem", made.key)});
    auto to = peer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", context);
    auto got = exchange(request(*to), *TlsContext::client(TlsContext::Verify::yes, cert));
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->body, "hi");
    got = exchange(request(*to), *TlsContext::client(TlsContext::Verify::yes));
    ASSERT_FALSE(got);
    EXPECT_THAT(got.error().message, HasSubstr("TLS: self"));
}

} // namespace
} // namespace lazaret::net

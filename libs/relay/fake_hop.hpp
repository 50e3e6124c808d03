#pragma once
// For tests only: a next hop that does as told, on a loopback port of its own.

#include "core/text.hpp"
#include "net/listener.hpp"
#include "net/test_support.hpp"

#include <map>
#include <string>
#include <vector>

namespace lazaret::relay::test {

using namespace net::test;

/// What the hop does instead of its normal reply: says `text` (nothing when empty), then goes on, closes,
/// resets or is silent.
struct Act {
    enum class Then { go_on, drip, close, reset, stall }; ///< drip: octet by octet, then goes on
    std::string text;
    Then then = Then::go_on;
    bool once = false; ///< then it is normal again

    Act() = default;
    Act(std::string t, Then n = Then::go_on) : text(std::move(t)), then(n) {}
};

inline const Act closes("", Act::Then::close);
inline const Act resets("", Act::Then::reset);
inline const Act stalls("", Act::Then::stall);

class FakeHop {
  public:
    explicit FakeHop(Loop& loop) : loop_(loop) { listen(Endpoint("127.0.0.1", 0)); }
    /// On a socket in the file system.
    FakeHop(Loop& loop, const std::filesystem::path& at) : loop_(loop) { listen(Endpoint(at.string(), 0)); }
    ~FakeHop() { refuse(); }

    struct Message {
        std::string mail;
        std::vector<std::string> rcpts;
        std::string content; ///< as on the wire, without the final dot
        std::string login;   ///< as XCLIENT told it last, before or for this message
        bool tls = false;
    };

    /// By stage: banner, ehlo, helo, starttls, xclient, xforward, mail, rcpt, data, dot, bdat, rset. "RCPT TO:<a@b>" and the like go
    /// before the stage.
    std::map<std::string, Act> acts;
    std::vector<std::string> keywords{"PIPELINING",
                                      "SIZE 1000000",
                                      "8BITMIME",
                                      "SMTPUTF8",
                                      "ENHANCEDSTATUSCODES",
                                      "DSN",
                                      "XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT"};
    std::string after_dot;       ///< said besides the reply to the final dot
    std::size_t fault_after = 0; ///< octets of content after which `fault` happens; 0 = never
    Act fault;
    std::vector<std::string> commands;
    std::vector<Message> messages; ///< those whose final dot came and was answered positively
    int connections = 0, groups = 0;
    std::shared_ptr<const net::TlsContext> tls; ///< for STARTTLS; then EHLO offers it until there is TLS

    Endpoint address() const { return address_; }
    void refuse() {
        if (listener_) listener_->stop();
        listener_.reset();
    }
    void listen_again() { listen(address_); }
    void drop_connections() {
        for (auto& stream : streams_)
            stream->close();
    }
    /// Says something to everybody who is connected.
    void shout(const std::string& text) {
        for (auto& stream : streams_)
            stream->try_write(text);
    }

  private:
    struct Dialogue {
        std::shared_ptr<net::Stream> stream;
        std::string buffer, login;
        Message message;
    };

    void listen(const Endpoint& at) {
        net::asio::io_context* contexts[] = {&loop_.io};
        auto made = net::listen(at, contexts);
        ASSERT_TRUE(made) << made.error().message;
        listener_ = std::move(made->front());
        address_ = listener_->local();
        listener_->start([this](net::Accepted connection) {
            ++connections;
            auto stream = std::make_shared<net::Stream>(std::move(connection), loop_.deadlines);
            streams_.push_back(stream);
            loop_.spawn(serve(std::move(stream)));
        });
    }

    net::task<bool> fill(Dialogue& d) {
        char octets[65536];
        for (;;) {
            const auto read = d.stream->try_read(octets);
            if (read.ok()) {
                d.buffer.append(octets, read.count);
                ++groups;
                co_return true;
            }
            if (read.state != net::Transfer::State::would_block) co_return false;
            const auto ready = co_await d.stream->wait_readable(60s);
            if (!ready.ok()) co_return false;
        }
    }
    /// False: the dialogue is over.
    net::task<bool> perform(Dialogue& d, Act act) {
        if (act.then == Act::Then::drip) {
            for (std::size_t i = 0; i < act.text.size(); ++i) {
                const auto octet = act.text.substr(i, 1);
                const auto written = co_await d.stream->write(octet, 5s);
                if (!written.ok()) co_return false;
                co_await d.stream->pause(1ms);
            }
            co_return true;
        }
        const auto written = co_await d.stream->write(act.text, 5s);
        if (!written.ok()) co_return false;
        if (act.then == Act::Then::go_on) co_return true;
        if (act.then == Act::Then::reset) d.stream->reset_on_close();
        if (act.then == Act::Then::stall) co_await d.stream->pause(60s);
        d.stream->close();
        co_return false;
    }
    Act act_for(const std::string& stage, const std::string& line, const std::string& normal) {
        auto found = acts.find(line);
        if (found == acts.end()) found = acts.find(stage);
        if (found == acts.end()) return Act(normal);
        const Act act = found->second;
        if (act.once) acts.erase(found);
        return act;
    }
    std::string ehlo_reply(const Dialogue& d) const {
        std::string text = "250";
        std::string last = "hop.example";
        auto all = keywords;
        if (tls && !d.stream->is_tls()) all.push_back("STARTTLS");
        for (const auto& keyword : all) {
            text += "-" + last + "\r\n250";
            last = keyword;
        }
        return text + " " + last + "\r\n";
    }

    net::task<> serve(std::shared_ptr<net::Stream> stream) {
        Dialogue d;
        d.stream = std::move(stream);
        auto act = act_for("banner", "", "220 hop.example ESMTP\r\n");
        bool on = co_await perform(d, act);
        while (on) {
            const auto end = d.buffer.find("\r\n");
            if (end == std::string::npos) {
                on = co_await fill(d);
                continue;
            }
            const auto line = d.buffer.substr(0, end);
            d.buffer.erase(0, end + 2);
            commands.push_back(line);
            if (line == "QUIT") break;
            on = co_await obey(d, line);
        }
        d.stream->close();
    }
    net::task<bool> obey(Dialogue& d, std::string line) {
        const auto verb = line.substr(0, line.find(' '));
        std::string stage, normal = "250 2.0.0 Ok\r\n";
        if (verb == "EHLO") {
            stage = "ehlo";
            normal = ehlo_reply(d);
        } else if (verb == "HELO") {
            stage = "helo";
        } else if (verb == "STARTTLS") {
            stage = "starttls";
            normal = tls ? "220 2.0.0 Ready\r\n" : "502 5.5.1 no\r\n";
        } else if (verb == "XCLIENT") {
            stage = "xclient";
            normal = "220 hop.example ESMTP\r\n";
        } else if (verb == "XFORWARD") {
            stage = "xforward";
        } else if (verb == "RSET") {
            stage = "rset";
            d.message = Message();
        } else if (verb == "MAIL") {
            stage = "mail";
        } else if (verb == "RCPT") {
            stage = "rcpt";
            if (d.message.mail.empty()) normal = "503 5.5.1 MAIL first\r\n";
        } else if (verb == "DATA") {
            stage = "data";
            normal = d.message.rcpts.empty() ? "503 5.5.1 RCPT first\r\n" : "354 go\r\n";
        } else if (verb == "BDAT") {
            const bool more = co_await chunk(d, parse_unsigned(line.substr(5, line.find(' ', 5) - 5)).value_or(0));
            co_return more;
        }
        const auto act = act_for(stage, line, normal);
        const bool on = co_await perform(d, act);
        if (!on) co_return false;
        if (stage == "starttls" && act.text[0] == '2') {
            d.buffer.clear();
            const auto up = co_await d.stream->accept_tls(tls->get(), 5s);
            co_return up.ok();
        }
        if (stage == "xclient" && act.text[0] == '2') {
            const auto login = line.substr(line.find('=') + 1);
            d.login = login == "[UNAVAILABLE]" ? "" : login;
        }
        if (stage == "mail" && act.text[0] == '2') d.message.mail = line;
        if (stage == "rcpt" && act.text[0] == '2') d.message.rcpts.push_back(line);
        if (stage == "data" && act.text[0] == '3') {
            const bool more = co_await content(d);
            co_return more;
        }
        co_return true;
    }
    net::task<bool> content(Dialogue& d) {
        std::string content = "\r\n";
        std::size_t end = std::string::npos;
        while (end == std::string::npos) {
            const auto from = content.size() < 5 ? 0 : content.size() - 5;
            content += d.buffer;
            d.buffer.clear();
            if (fault_after > 0 && content.size() >= fault_after) {
                const bool on = co_await perform(d, fault);
                if (!on) co_return false;
                fault_after = 0;
            }
            end = content.find("\r\n.\r\n", from);
            if (end != std::string::npos) break;
            const bool on = co_await fill(d);
            if (!on) co_return false;
        }
        d.buffer = content.substr(end + 5);
        d.message.content = content.substr(2, end);
        const bool more = co_await end_of_message(d, "dot");
        co_return more;
    }
    /// One chunk is a whole message here.
    net::task<bool> chunk(Dialogue& d, std::size_t size) {
        while (d.buffer.size() < size) {
            if (fault_after > 0 && d.buffer.size() >= fault_after) {
                fault_after = 0;
                const bool on = co_await perform(d, fault);
                if (!on) co_return false;
            }
            const bool on = co_await fill(d);
            if (!on) co_return false;
        }
        d.message.content = d.buffer.substr(0, size);
        d.buffer.erase(0, size);
        const bool more = co_await end_of_message(d, "bdat");
        co_return more;
    }
    net::task<bool> end_of_message(Dialogue& d, const char* stage) {
        d.message.login = d.login;
        d.message.tls = d.stream->is_tls();
        const auto act = act_for(stage, "", "250 2.0.0 Ok: queued as F00\r\n");
        const bool whole = act.text.ends_with("\n") && act.text.size() < 4096 && act.text[3] != '-';
        if (act.text.starts_with("2") && (whole || act.text.starts_with("250-2.0.0 a")))
            messages.push_back(d.message);
        d.message = Message();
        auto reply = act;
        reply.text += after_dot;
        const bool on = co_await perform(d, reply);
        co_return on;
    }

    Loop& loop_;
    std::unique_ptr<net::Listener> listener_;
    Endpoint address_;
    std::vector<std::shared_ptr<net::Stream>> streams_;
};

} // namespace lazaret::relay::test

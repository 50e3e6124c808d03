// What a client can send, from banner to end, through LineReader, Server and DataReader. First octet: what
// listener and hop offer; second: size of the pieces. Whatever passes must go to the next hop as one command
// and come back the same.

#include "fuzz/check.hpp"
#include "smtp/client.hpp"
#include "smtp/data_reader.hpp"
#include "smtp/line_reader.hpp"
#include "smtp/server.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

using lazaret::fuzz::check;
using namespace lazaret::smtp;

namespace {

void check_reply(const Reply& reply) {
    std::string wire;
    reply.append_to(wire);
    ReplyReader reader;
    check(reader.feed(wire) == wire.size() && reader.state() == ReplyReader::State::complete,
          "a reply is well formed");
    check(reader.take().code() == reply.code(), "a reply keeps its code");
    check(reply.code() / 100 == 3 || reply.enhanced().empty() || reply.enhanced().klass == reply.code() / 100,
          "the enhanced code agrees");
}

// The argument of the one command that `wire` must hold.
std::string_view argument_of(std::string_view wire, std::string_view verb) {
    check(wire.starts_with(verb) && wire.ends_with("\r\n"), "a whole command");
    const std::string_view line = wire.substr(0, wire.size() - 2);
    check(std::none_of(line.begin(), line.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; }),
          "no control octet towards the next hop");
    check(wire.size() <= LineReader::command_limit, "a command that the next hop can read");
    return line.substr(verb.size());
}

class Session {
  public:
    explicit Session(std::uint8_t options) : server_(settings_) {
        settings_.hostname = "mx.example.org";
        settings_.offer_starttls = (options & 1) != 0;
        settings_.require_tls = (options & 3) == 3;
        settings_.offer_auth = (options & 4) != 0;
        settings_.require_auth = (options & 12) == 12;
        settings_.require_fqdn = (options & 16) != 0;
        settings_.mechanisms = {"PLAIN", "LOGIN"};
        settings_.max_message_size = 1000;
        settings_.max_recipients = 3;
        hop_.eight_bit_mime = hop_.smtputf8 = hop_.dsn = hop_.size = (options & 32) != 0;
        if ((options & 64) != 0) server_.tls_started();
        settings_.accept_xforward = (options & 128) != 0;
    }

    void feed(std::string_view input) {
        lines_.feed(input);
        while (!ended_ && (in_data_ ? content() : command()))
            ;
    }
    bool ended() const { return ended_; }

  private:
    bool content() {
        const std::size_t taken = data_.feed(lines_.rest(), content_);
        lines_.consume(taken);
        check(content_.size() <= 1000, "content is bounded");
        if (!data_.finished()) return false;
        in_data_ = false;
        server_.transaction_ended();
        return true;
    }

    bool command() {
        std::string_view line;
        switch (lines_.next(line)) {
        case LineReader::Next::need_more: return false;
        case LineReader::Next::too_long: return true;
        case LineReader::Next::bare_lf: ended_ = true; return false;
        case LineReader::Next::line: break;
        }
        const Action action = server_.feed(line, hop_);
        if (action.step != Step::auth) check_reply(action.reply);
        follow(action);
        return !ended_;
    }

    void follow(const Action& action) {
        switch (action.step) {
        case Step::reply: break;
        case Step::start_tls:
            lines_.clear();
            server_.tls_started();
            break;
        case Step::auth: server_.authenticated(); break;
        case Step::mail: mail(action.mail); break;
        case Step::rcpt: rcpt(action.rcpt); break;
        case Step::data:
            check(server_.recipients() > 0, "content only for somebody");
            in_data_ = true;
            content_.clear();
            data_ = DataReader(DataReader::Newlines::normalize, 1000);
            break;
        case Step::reset: check(server_.recipients() == 0, "nothing is kept"); break;
        case Step::quit: ended_ = true; break;
        }
    }

    void mail(const MailFrom& mail) {
        if (const auto* client = server_.forwarded()) check_forwarded(*client);
        check(!settings_.require_tls || server_.tls(), "no MAIL before TLS");
        check(!settings_.require_auth || server_.is_authenticated(), "no MAIL before AUTH");
        std::string wire;
        append_mail(wire, mail, mail.size.value_or(0), everything());
        const auto back = parse_mail(argument_of(wire, "MAIL "), anything());
        check(back.has_value() && back->path == mail.path && back->envid == mail.envid &&
                  back->ret == mail.ret && back->body == mail.body && back->smtputf8 == mail.smtputf8,
              "MAIL reaches the next hop as it came");
        smtputf8_ = mail.smtputf8;
        server_.mail_accepted();
    }

    void rcpt(const RcptTo& rcpt) {
        std::string wire;
        append_rcpt(wire, rcpt, everything());
        const auto back = parse_rcpt(argument_of(wire, "RCPT "), anything(), smtputf8_);
        check(back.has_value() && *back == rcpt, "RCPT reaches the next hop as it came");
        server_.rcpt_accepted();
        check(server_.recipients() <= settings_.max_recipients, "recipients are bounded");
    }

    // What a front says of a client must not become anything else on its way through us.
    static void check_forwarded(const Forwarded& client) {
        for (const auto* text : {&client.name, &client.helo, &client.ident})
            check(text->size() <= 255 && std::none_of(text->begin(), text->end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; }),
                  "forwarded texts are short and harmless");
        Forward out;
        out.name = client.name;
        out.helo = client.helo;
        Extensions hop;
        hop.xforward = {"NAME", "HELO"};
        std::string wire;
        append_xforward(wire, out, hop);
        Forwarded back;
        for (std::string_view rest = wire; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
            const auto line = rest.substr(0, rest.find("\r\n"));
            check(line.starts_with("XFORWARD ") && !parse_xforward(line.substr(9), back), "the next hop can read it");
        }
    }

    static Extensions everything() {
        Extensions hop;
        hop.eight_bit_mime = hop.smtputf8 = hop.dsn = hop.size = true;
        return hop;
    }
    static Permitted anything() {
        Permitted permitted;
        permitted.eight_bit_mime = permitted.smtputf8 = permitted.dsn = permitted.auth = true;
        return permitted;
    }

    ServerSettings settings_;
    Extensions hop_;
    Server server_;
    LineReader lines_;
    DataReader data_{DataReader::Newlines::normalize, 1000};
    std::string content_;
    bool in_data_ = false, ended_ = false, smtputf8_ = false;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    Session session(data[0]);
    const std::size_t piece = data[1] == 0 ? size : data[1];
    const std::string_view input(reinterpret_cast<const char*>(data + 2), size - 2);
    for (std::size_t at = 0; at < input.size() && !session.ended(); at += piece)
        session.feed(input.substr(at, piece));
    return 0;
}

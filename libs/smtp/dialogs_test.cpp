// Runs the dialogues of tests/dialogs (their README tells the format) against the protocol machines, in
// memory.

#include "core/text.hpp"
#include "smtp/data_reader.hpp"
#include "smtp/line_reader.hpp"
#include "smtp/replies.hpp"
#include "smtp/server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>

namespace lazaret::smtp {
namespace {

// "*" at the end of a pattern stands for anything.
bool matches(std::string_view pattern, std::string_view text) {
    if (pattern.ends_with('*')) return text.starts_with(pattern.substr(0, pattern.size() - 1));
    return pattern == text;
}

std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        const char c = text[++i];
        if (c == 'x') {
            out += hex_decode(text.substr(i + 1, 2)).value_or("?");
            i += 2;
        } else {
            out += c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c == '0' ? '\0' : c;
        }
    }
    return out;
}

Reply parse_reply(std::string_view text) {
    const auto code = parse_unsigned(text.substr(0, 3));
    text.remove_prefix(std::min<std::size_t>(text.size(), 4));
    const auto enhanced = Enhanced::parse(text);
    if (enhanced) text.remove_prefix(std::min(text.size(), text.find(' ') + 1));
    return Reply(static_cast<int>(code.value_or(0)), enhanced.value_or(Enhanced()), std::string(text));
}

struct Relayed {
    std::string envelope; ///< "from to to"; "<>" for the null reverse-path
    std::string content;
};

// The part of a session around the machines, with decisions from the file instead of policy and next hop.
class Session {
  public:
    struct Decision {
        std::string moment, pattern;
        Reply reply;
    };
    ServerSettings settings;
    Extensions hop;
    DataReader::Newlines newlines = DataReader::Newlines::normalize;
    std::vector<Decision> decisions;

    std::deque<std::string> output; ///< reply lines not yet expected
    std::deque<Relayed> relayed;
    bool closed = false, in_handshake = false;

    void start() {
        if (!settings.offer_starttls && settings.require_tls) server_.tls_started();
        send(server_.banner());
    }
    void handshake() {
        in_handshake = false;
        server_.tls_started();
    }
    void feed(std::string_view input) {
        lines_.feed(input);
        while (!closed && !in_handshake && (in_data_ ? content() : command()))
            ;
    }

  private:
    void send(const Reply& reply) {
        std::string wire;
        reply.append_to(wire);
        for (const std::string_view line : split(wire, '\n'))
            if (!line.empty()) output.emplace_back(line.substr(0, line.size() - 1));
    }

    const Reply* decided(std::string_view moment, std::string_view address) const {
        for (const Decision& decision : decisions)
            if (decision.moment == moment && matches(decision.pattern, address)) return &decision.reply;
        return nullptr;
    }

    bool command() {
        std::string_view line;
        switch (lines_.next(line, in_auth_)) {
        case LineReader::Next::need_more: return false;
        case LineReader::Next::too_long: send(replies::line_too_long()); return true;
        case LineReader::Next::bare_lf:
            send(replies::bare_newline_in_command());
            closed = true;
            return false;
        case LineReader::Next::line: break;
        }
        if (in_auth_) {
            in_auth_ = false;
            if (line == "*")
                send(replies::auth_cancelled());
            else if (const auto decoded = base64_decode(line))
                log_in(*decoded);
            else
                send(replies::auth_malformed());
            return true;
        }
        follow(server_.feed(line, hop));
        return true;
    }

    void log_in(std::string_view plain) {
        const bool right = plain == std::string_view("\0tester\0secret", 14);
        if (right) server_.authenticated();
        send(right ? replies::auth_ok() : replies::auth_failed());
    }

    void follow(const Action& action) {
        switch (action.step) {
        case Step::reply: send(action.reply); break;
        case Step::start_tls:
            send(action.reply);
            lines_.clear();
            in_handshake = true;
            break;
        case Step::auth:
            in_auth_ = !action.initial_response;
            if (in_auth_)
                send(replies::auth_challenge(""));
            else
                log_in(*action.initial_response);
            break;
        case Step::mail: mail(action); break;
        case Step::rcpt: rcpt(action); break;
        case Step::data:
            send(action.reply);
            in_data_ = true;
            data_ = DataReader(newlines, settings.max_message_size);
            break;
        case Step::reset: send(action.reply); break;
        case Step::quit:
            send(action.reply);
            closed = true;
            break;
        }
    }

    void mail(const Action& action) {
        const Reply* refusal = decided("mail", action.mail.path.address);
        send(refusal ? *refusal : action.reply);
        if (refusal) return;
        server_.mail_accepted();
        message_ = Relayed();
        message_.envelope = action.mail.path.null() ? "<>" : action.mail.path.address;
    }

    void rcpt(const Action& action) {
        const Reply* refusal = decided("rcpt", action.rcpt.path.address);
        send(refusal ? *refusal : action.reply);
        if (refusal) return;
        server_.rcpt_accepted();
        message_.envelope += ' ' + action.rcpt.path.address;
    }

    bool content() {
        lines_.consume(data_.feed(lines_.rest(), message_.content));
        if (!data_.finished()) return false;
        in_data_ = false;
        server_.transaction_ended();
        const Reply* refusal = decided("end", "");
        if (data_.too_big())
            send(replies::size_exceeds(settings.max_message_size));
        else if (data_.nul())
            send(replies::nul_octet());
        else if (data_.refused())
            send(replies::bare_newline());
        else if (refusal)
            send(*refusal);
        else {
            relayed.push_back(std::move(message_));
            send(replies::accepted(""));
        }
        return true;
    }

    Server server_{settings};
    LineReader lines_;
    DataReader data_{DataReader::Newlines::normalize, 0};
    Relayed message_;
    bool in_data_ = false, in_auth_ = false;
};

void set_listener(Session& session, std::string_view name) {
    session.settings.hostname = "mx.example.org";
    session.settings.mechanisms = {"PLAIN"};
    session.settings.max_message_size = 5000;
    const bool filter = name == "filter";
    const bool login = name != "relay" && !filter;
    session.settings.accept_xforward = filter;
    session.settings.require_tls = session.settings.require_auth = session.settings.offer_auth = login;
    session.settings.require_fqdn = login;
    session.settings.offer_starttls = name != "submissions" && !filter;
    ASSERT_TRUE(name == "relay" || name == "submission" || name == "submissions" || filter)
        << "no such listener: " << name;
}

void set_hop(Session& session, std::string_view keywords) {
    session.hop = Extensions();
    for (const std::string_view word : split(keywords, ' ')) {
        if (word == "8BITMIME")
            session.hop.eight_bit_mime = true;
        else if (word == "SMTPUTF8")
            session.hop.smtputf8 = true;
        else if (word == "DSN")
            session.hop.dsn = true;
        else if (word.starts_with("SIZE=")) {
            session.hop.size = true;
            session.hop.max_size = parse_unsigned(word.substr(5)).value_or(0);
        } else {
            ADD_FAILURE() << "no such extension: " << word;
        }
    }
}

// One line of a dialogue before the first C: or S: line.
bool is_setting(Session& session, std::string_view word, std::string_view rest) {
    if (word == "listener")
        set_listener(session, rest);
    else if (word == "hop")
        set_hop(session, rest);
    else if (word == "recipients")
        session.settings.max_recipients = static_cast<std::uint32_t>(*parse_unsigned(rest));
    else if (word == "size")
        session.settings.max_message_size = *parse_unsigned(rest);
    else if (word == "newlines")
        session.newlines = rest == "reject" ? DataReader::Newlines::reject : DataReader::Newlines::normalize;
    else if (word == "decide") {
        const std::string_view moment = rest.substr(0, rest.find(' '));
        rest.remove_prefix(moment.size() + 1);
        const std::string_view pattern = moment == "end" ? "*" : rest.substr(0, rest.find(' '));
        if (moment != "end") rest.remove_prefix(pattern.size() + 1);
        session.decisions.push_back({std::string(moment), std::string(pattern), parse_reply(rest)});
    } else {
        return false;
    }
    return true;
}

void step(Session& session, std::string_view word, std::string_view rest, std::deque<std::string>& content) {
    if (word == "C:") {
        ASSERT_FALSE(session.closed) << "the session is closed";
        session.feed(unescape(rest) + "\r\n");
    } else if (word == "c:") {
        session.feed(unescape(rest));
    } else if (word == "S:") {
        ASSERT_FALSE(session.output.empty()) << "expected " << rest << ", heard nothing";
        ASSERT_TRUE(matches(rest, session.output.front()))
            << "expected " << rest << "\n   heard " << session.output.front();
        session.output.pop_front();
    } else if (word == "TLS") {
        ASSERT_TRUE(session.in_handshake) << "no handshake is due";
        session.handshake();
    } else if (word == "closed") {
        ASSERT_TRUE(session.closed);
    } else if (word == "relayed") {
        ASSERT_TRUE(content.empty()) << "content not told of: " << content.front();
        ASSERT_FALSE(session.relayed.empty()) << "nothing was relayed";
        ASSERT_EQ(session.relayed.front().envelope, rest);
        std::string_view text = session.relayed.front().content;
        for (std::size_t end; (end = text.find("\r\n")) != std::string_view::npos;
             text.remove_prefix(end + 2))
            content.emplace_back(text.substr(0, end));
        ASSERT_EQ(text, "") << "content ends in CRLF";
        session.relayed.pop_front();
    } else if (word == ">") {
        ASSERT_FALSE(content.empty()) << "no more content";
        ASSERT_EQ(content.front(), unescape(rest));
        content.pop_front();
    } else {
        FAIL() << "no such word: " << word;
    }
}

void play(const std::filesystem::path& path) {
    std::ifstream file(path);
    ASSERT_TRUE(file.is_open());
    Session session;
    set_listener(session, "relay");
    set_hop(session, "8BITMIME SMTPUTF8 DSN");
    std::deque<std::string> content;
    bool started = false;
    int number = 0;
    for (std::string line; std::getline(file, line);) {
        ++number;
        if (line.empty() || line.front() == '#') continue;
        const std::string_view word = std::string_view(line).substr(0, line.find(' '));
        const std::string_view rest = std::string_view(line).substr(std::min(line.size(), word.size() + 1));
        if (!started && is_setting(session, word, rest)) continue;
        if (!started) session.start();
        started = true;
        step(session, word, rest, content);
        if (testing::Test::HasFatalFailure()) {
            ADD_FAILURE_AT(path.c_str(), number) << line;
            return;
        }
    }
    EXPECT_TRUE(started) << "an empty dialogue";
    EXPECT_TRUE(session.output.empty()) << "said unasked: " << session.output.front();
    EXPECT_TRUE(session.relayed.empty()) << "relayed unasked: " << session.relayed.front().envelope;
    EXPECT_TRUE(content.empty()) << "content not told of: " << content.front();
}

std::vector<std::filesystem::path> dialogs() {
    std::vector<std::filesystem::path> files;
    const char* root = std::getenv("LAZARET_SOURCE_DIR");
    if (!root) return files;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(root) / "tests/dialogs"))
        if (entry.path().extension() == ".txt") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

TEST(Dialogs, AreThere) {
    if (!std::getenv("LAZARET_SOURCE_DIR")) GTEST_SKIP() << "LAZARET_SOURCE_DIR names no checkout";
    EXPECT_GE(dialogs().size(), 25u);
}

class Dialog : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Dialog, GoesAsWritten) {
    play(GetParam());
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Dialog); // a binary away from its checkout
INSTANTIATE_TEST_SUITE_P(Files, Dialog, testing::ValuesIn(dialogs()),
                         [](const auto& file) { return file.param.stem().string(); });

} // namespace
} // namespace lazaret::smtp

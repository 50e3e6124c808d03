#include "fuzz/session/transcript.hpp"

#include "core/text.hpp"
#include "fuzz/check.hpp"
#include "smtp/data_reference_test.hpp"
#include "smtp/line_reader.hpp"

#include <algorithm>
#include <cctype>
#include <deque>
#include <optional>

namespace lazaret::fuzz {

namespace {

std::deque<int> codes(const std::string& received) {
    std::deque<int> out;
    int open = 0; // of a reply with more lines to come
    std::size_t at = 0;
    while (true) {
        if (received.substr(at, 2) == "\x15\x03") return out; // TLS has no answer to a handshake that is none but an alert
        const auto end = received.find("\r\n", at);
        if (end == std::string::npos) break;
        const std::string line = received.substr(at, end - at);
        at = end + 2;
        check(line.size() >= 3 && line.size() <= 510 && std::all_of(line.begin(), line.begin() + 3, [](unsigned char c) { return std::isdigit(c); }),
              "a reply begins with a code and fits its line");
        check(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos, "no stray octets in a reply");
        const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
        check(code >= 200 && code < 600 && (open == 0 || open == code), "one code for all lines of a reply");
        open = line.size() > 3 && line[3] == '-' ? code : 0;
        if (open == 0) out.push_back(code);
    }
    check(at == received.size(), "replies are whole lines");
    return out;
}

std::string verb_of(const std::string& line) {
    const std::string verb = line.substr(0, line.find_first_of(" \t"));
    return ascii_lowercase(verb);
}

} // namespace

std::string address_of(const std::string& line) {
    const auto begin = line.find('<');
    bool quoted = false;
    for (auto at = begin; begin != std::string::npos && at < line.size(); ++at) {
        if (quoted && line[at] == '\\') ++at;
        else if (line[at] == '"') quoted = !quoted;
        else if (line[at] == '>' && !quoted) {
            std::string address = line.substr(begin + 1, at - begin - 1);
            if (address.starts_with('@')) address.erase(0, address.find(':') + 1); // RFC 5321 appendix F.2
            return address;
        }
    }
    return "?";
}

Transcript read_transcript(const std::string& sent, const std::string& received, std::size_t tls_from) {
    Transcript out;
    auto replies = codes(received);
    bool in_tls = false, logged_in = false;
    const auto next = [&] {
        // Who begins a handshake by himself cannot read what is answered in the clear.
        if (replies.empty() && !in_tls && tls_from != std::string::npos) out.understood = false;
        const int code = replies.empty() ? 0 : replies.front();
        if (!replies.empty()) replies.pop_front();
        return code;
    };
    if (next() != 220) return out;
    Acknowledged open;
    std::size_t at = 0;
    const auto next_line = [&]() -> std::optional<std::string> {
        const auto end = sent.find("\r\n", at);
        const auto lf = sent.find('\n', at);
        const auto until = end == std::string::npos ? sent.size() : end;
        // Where a line that is too long ends is LineReader's business; it has targets of its own.
        if (until - at + 2 > smtp::LineReader::command_limit) out.understood = false;
        if (!out.understood || end == std::string::npos || lf < end) return std::nullopt; // a bare LF ends the session
        // A handshake that nobody had asked for: its octets were commands.
        if (!in_tls && end + 2 > tls_from) out.understood = false;
        if (!out.understood) return std::nullopt;
        std::string line = sent.substr(at, end - at);
        at = end + 2;
        return line;
    };
    while (true) {
        const auto line = next_line();
        if (!line) return out;
        const std::string verb = verb_of(*line);
        int code = next();
        if (verb == "auth") {
            Attempt attempt;
            auto words = split(*line, ' ');
            std::erase(words, "");
            if (words.size() > 1) attempt.mechanism = ascii_lowercase(words[1]);
            if (words.size() > 2) attempt.responses.emplace_back(words[2]);
            while (code == 334) {
                auto response = next_line();
                if (!response) return out;
                attempt.responses.push_back(std::move(*response));
                code = next();
            }
            attempt.code = code;
            if (code == 235) logged_in = true;
            out.attempts.push_back(std::move(attempt));
        }
        if (code == 0 || code == 421) return out;
        const bool good = code / 100 == 2;
        // A login that fails is bounded in another way, and a recipient or sender that is refused is nobody's mistake.
        if (code / 100 == 5 && code != 535 && verb != "mail" && verb != "rcpt" && verb != "data") ++out.errors;
        if (verb == "mail" && good) {
            open = Acknowledged();
            open.mail = *line;
            open.logged_in = logged_in;
        } else if (verb == "rcpt" && good) {
            check(!open.mail.empty(), "RCPT needs MAIL");
            open.rcpts.push_back(*line);
        } else if (verb == "data" && code == 354) {
            check(!open.mail.empty() && !open.rcpts.empty(), "content only for somebody");
            const auto content = smtp::reference::read(sent.substr(at));
            if (!content) return out;
            at += content->taken;
            open.content = content->content;
            open.bare_newline = content->bare_newline;
            if (next() / 100 == 2) out.acknowledged.push_back(open);
            open = Acknowledged();
        } else if ((verb == "rset" || verb == "ehlo" || verb == "helo") && good) {
            open = Acknowledged();
        } else if (verb == "starttls" && code == 220) {
            // RFC 3207 4.2: what came in the clear behind it is nothing, and what was said before is forgotten.
            if (tls_from == std::string::npos || tls_from < at) return out;
            at = tls_from;
            in_tls = true;
            logged_in = false;
            open = Acknowledged();
        } else if (code == 221) {
            check(verb == "quit", "each command has an answer of its own");
            return out;
        } else if (verb == "data") {
            check(!good, "DATA is never answered with 250");
        }
    }
}

} // namespace lazaret::fuzz

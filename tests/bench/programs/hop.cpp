#include "programs/hop.hpp"

#include <string.h>

namespace lazaret::bench {

namespace {

bool is_command(std::string_view line, std::string_view verb) {
    return line.size() >= verb.size() && strncasecmp(line.data(), verb.data(), verb.size()) == 0;
}

} // namespace

Hop::Hop(Channel channel, SSL_CTX* tls, Counts& counts, Poller& poller)
    : channel_(std::move(channel)), tls_(tls), counts_(counts), poller_(poller) {
    poller_.add(channel_.fd(), this, EPOLLIN);
    out_ = "220 sink.bench.example ESMTP\r\n";
    flush();
}

void Hop::ready() {
    if (stage_ == Stage::handshake) return shake_hands();
    if (!out_.empty()) flush();
    for (;;) {
        if (ended()) return;
        const Io outcome = channel_.read(in_);
        take_input();
        flush();
        if (stage_ == Stage::handshake) return shake_hands();
        if (outcome == Io::again) return;
        if (outcome == Io::closed || (stage_ == Stage::quit && out_.empty())) return channel_.close();
        if (!secure_) return;
    }
}

void Hop::shake_hands() {
    const Io outcome = channel_.handshake();
    if (outcome == Io::closed) return channel_.close();
    if (outcome == Io::again) return;
    secure_ = true;
    stage_ = Stage::command;
    ready(); // what came with the last part of the handshake is in OpenSSL's buffer
}

void Hop::take_input() {
    while (stage_ == Stage::command || stage_ == Stage::content) {
        if (stage_ == Stage::content) {
            if (!content()) return;
            continue;
        }
        const auto end = in_.find("\r\n");
        if (end == std::string::npos) return;
        const std::string line = in_.substr(0, end);
        in_.erase(0, end + 2);
        command(line);
    }
}

void Hop::command(std::string_view line) {
    if (is_command(line, "MAIL") || is_command(line, "RSET") || is_command(line, "NOOP") || is_command(line, "XFORWARD")) {
        out_ += "250 2.0.0 Ok\r\n";
    } else if (is_command(line, "RCPT")) {
        number_ = number_in(line);
        out_ += "250 2.1.5 Ok\r\n";
    } else if (is_command(line, "DATA")) {
        out_ += "354 End data with <CR><LF>.<CR><LF>\r\n";
        in_.insert(0, "\r\n"); // so that a final dot at the very beginning is found too
        stage_ = Stage::content;
    } else if (is_command(line, "EHLO")) {
        out_ += "250-sink.bench.example\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n";
        if (tls_ && !secure_) out_ += "250-STARTTLS\r\n";
        out_ += "250-AUTH PLAIN\r\n250-XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n"
                "250-DSN\r\n250 SMTPUTF8\r\n";
    } else if (is_command(line, "STARTTLS") && tls_ && !secure_) {
        out_ += "220 2.0.0 Ready to start TLS\r\n";
        flush();
        in_.clear();
        channel_.start_tls(tls_, true);
        stage_ = Stage::handshake;
    } else if (is_command(line, "AUTH")) {
        out_ += "235 2.7.0 Authentication successful\r\n";
    } else if (is_command(line, "QUIT")) {
        out_ += "221 2.0.0 Bye\r\n";
        stage_ = Stage::quit;
    } else {
        out_ += "502 5.5.2 Command not recognized\r\n";
    }
}

bool Hop::content() {
    constexpr std::string_view final_dot = "\r\n.\r\n";
    const auto* found = static_cast<const char*>(memmem(in_.data(), in_.size(), final_dot.data(), final_dot.size()));
    if (!found) {
        if (in_.size() < final_dot.size()) return false;
        const auto done = in_.size() - (final_dot.size() - 1); // the rest may be the dot's beginning
        counts_.octets += done;
        in_.erase(0, done);
        return false;
    }
    const auto size = static_cast<std::size_t>(found - in_.data());
    counts_.octets += size;
    in_.erase(0, size + final_dot.size());
    ++counts_.messages;
    counts_.seen.add(number_);
    stage_ = Stage::command;
    out_ += "250 2.0.0 Ok: queued\r\n";
    return true;
}

void Hop::flush() {
    if (out_.empty() || ended() || stage_ == Stage::handshake) return;
    std::size_t taken = 0;
    const Io outcome = channel_.write(out_, taken);
    out_.erase(0, taken);
    if (outcome == Io::closed) return channel_.close();
    const bool writes = outcome == Io::again && channel_.wants_write();
    if (writes == watching_writes_) return;
    watching_writes_ = writes;
    poller_.change(channel_.fd(), this, writes ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

} // namespace lazaret::bench

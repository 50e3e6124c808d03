#include "programs/client.hpp"

#include <array>

#include <arpa/inet.h>

namespace lazaret::bench {

namespace {

constexpr std::array stage_names = {"connect", "banner", "EHLO", "STARTTLS", "handshake", "AUTH", "MAIL", "RCPT", "DATA", "content", "held", "QUIT"};
/// Replies to these, in the order of the stages, let the dialogue go on.
constexpr std::array expected = {"", "220", "250", "220", "", "235", "250", "250", "354", "250", "", "221"};
constexpr std::string_view mail_command = "MAIL FROM:<ann@bench.example>\r\n";

in_addr next_source(const Orders& orders) {
    static std::uint32_t turn = 0;
    in_addr source;
    source.s_addr = htonl(orders.first_source + turn++ % orders.sources);
    return source;
}

std::string rcpt_command(std::uint64_t number) {
    return "RCPT TO:<" + recipient_of(number) + ">\r\n";
}

} // namespace

Client::Client(const Orders& orders, Tally& tally, Poller& poller, std::uint64_t number, Clock::time_point since)
    : orders_(orders), tally_(tally), poller_(poller), channel_(Channel::connect(orders.server, next_source(orders))),
      number_(number), since_(since) {
    if (channel_.is_open()) poller_.add(channel_.fd(), this, EPOLLIN | EPOLLOUT);
    else fail("no socket");
}

void Client::ready() {
    if (stage_ == Stage::connecting) {
        if (!channel_.is_connected()) return fail("refused");
        stage_ = Stage::banner;
        watch(false);
    }
    if (stage_ == Stage::handshake) return shake_hands();
    if (!out_.empty() || !content_.empty()) flush();
    if (state_ != State::ended) read_replies();
}

void Client::leave() {
    if (state_ == State::held) end();
}

void Client::shake_hands() {
    const Io outcome = channel_.handshake();
    if (outcome == Io::closed) return fail("failed");
    watch(outcome == Io::again && channel_.wants_write());
    if (outcome == Io::again) return;
    secure_ = true;
    say(Stage::hello, "EHLO client.bench.example\r\n");
}

void Client::read_replies() {
    // TLS may hold more than one read returns, and then no socket becomes ready for it: read until there is no more.
    for (;;) {
        const Io outcome = channel_.read(in_);
        for (std::size_t begin = 0;;) { // a reply is whole with the line that has no hyphen after its code (RFC 5321 4.2.1)
            const auto end = in_.find("\r\n", begin);
            if (end == std::string::npos) break;
            if (end - begin < 4 || in_[begin + 3] != '-') {
                const std::string reply = in_.substr(begin, end - begin);
                in_.erase(0, end + 2);
                begin = 0;
                answered(reply);
                if (state_ == State::ended || stage_ == Stage::handshake) return;
            } else {
                begin = end + 2;
            }
        }
        if (outcome == Io::again) return;
        if (outcome == Io::closed) return stage_ == Stage::quit ? end() : fail("closed");
        if (!secure_) return;
    }
}

void Client::answered(std::string_view reply) {
    const auto stage = static_cast<std::size_t>(stage_);
    if (!reply.starts_with(expected[stage]) || stage_ == Stage::held) return fail(reply.substr(0, 60));
    switch (stage_) {
    case Stage::banner: return say(Stage::hello, "EHLO client.bench.example\r\n");
    case Stage::hello: return after_hello();
    case Stage::starttls:
        stage_ = Stage::handshake;
        channel_.start_tls(orders_.tls, false);
        return shake_hands();
    case Stage::auth: return begin_message();
    case Stage::mail:
        if (orders_.pipeline) stage_ = Stage::rcpt;
        else say(Stage::rcpt, rcpt_command(number_));
        return;
    case Stage::rcpt:
        if (orders_.pipeline) stage_ = Stage::data;
        else say(Stage::data, "DATA\r\n");
        return;
    case Stage::data: return say(Stage::content, {}, orders_.content);
    case Stage::content:
        tally_.acknowledged(number_, Clock::now() - since_);
        return next_message();
    case Stage::quit: return end();
    default: return fail(reply.substr(0, 60));
    }
}

void Client::after_hello() {
    if (orders_.tls && !secure_) return say(Stage::starttls, "STARTTLS\r\n");
    if (!orders_.auth.empty()) return say(Stage::auth, "AUTH PLAIN " + orders_.auth + "\r\n");
    begin_message();
}

void Client::begin_message() {
    if (orders_.hold) {
        stage_ = Stage::held;
        state_ = State::held;
        return;
    }
    ++sent_;
    if (orders_.pipeline) say(Stage::mail, std::string(mail_command) + rcpt_command(number_) + "DATA\r\n");
    else say(Stage::mail, mail_command);
}

void Client::next_message() {
    if (sent_ < orders_.messages) {
        if (const auto number = tally_.next()) {
            number_ = *number;
            since_ = Clock::now();
            return begin_message();
        }
    }
    say(Stage::quit, "QUIT\r\n");
}

void Client::say(Stage stage, std::string_view text, std::string_view content) {
    stage_ = stage;
    out_ += text;
    content_ = content;
    flush();
}

void Client::flush() {
    Io outcome = Io::done;
    std::size_t taken = 0;
    if (!out_.empty()) {
        outcome = channel_.write(out_, taken);
        out_.erase(0, taken);
    }
    if (outcome == Io::done && !content_.empty()) {
        outcome = channel_.write(content_, taken);
        content_.remove_prefix(taken);
    }
    if (outcome == Io::closed && stage_ != Stage::quit) return fail("closed");
    watch(outcome == Io::again && channel_.wants_write());
}

void Client::watch(bool writes) {
    if (writes == watching_writes_ || !channel_.is_open()) return;
    watching_writes_ = writes;
    poller_.change(channel_.fd(), this, writes ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void Client::fail(std::string_view what) {
    tally_.failed(std::string(stage_names[static_cast<std::size_t>(stage_)]) + ": " + std::string(what));
    end();
}

void Client::end() {
    channel_.close();
    state_ = State::ended;
}

} // namespace lazaret::bench

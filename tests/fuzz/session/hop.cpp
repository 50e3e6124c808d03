#include "fuzz/session/hop.hpp"

#include "core/text.hpp"
#include "fuzz/session/socket.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace lazaret::fuzz {

using clock = std::chrono::steady_clock;

struct Hop::Dialogue {
    explicit Dialogue(int descriptor) : socket(descriptor) {}
    Socket socket;
    std::string in, out, drip;
    std::string late;
    clock::time_point due{};
    bool close_when_sent = false, stalled = false, in_content = false, after_data = false, unasked = false;
    std::optional<std::uint64_t> chunk; ///< octets that BDAT has told
    char last = 0; ///< octet of the stream, for bare newlines
    std::vector<std::string> offered;
    Recorded message;

    void say(const std::string& text) { out += text; }
};

Hop::Hop() {
    listen(true);
}

Hop::~Hop() {
    listen(false);
}

void Hop::listen(bool yes) {
    if (yes == (listening_ >= 0)) return;
    if (!yes) {
        ::close(std::exchange(listening_, -1));
        return;
    }
    listening_ = new_socket();
    auto at = loopback(port_);
    socklen_t size = sizeof at;
    check(::bind(listening_, reinterpret_cast<sockaddr*>(&at), size) == 0, "the hop's port is free");
    check(::listen(listening_, 64) == 0, "the hop listens");
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
}

void Hop::reset(std::vector<std::string> offered) {
    listen(true);
    while (true) { // nobody of the run before is left in the queue
        const int left = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        if (left < 0) break;
        ::close(left);
    }
    dialogues_.clear();
    acts_.clear();
    recorded.clear();
    confined_ = false;
    offered_ = std::move(offered);
}

bool Hop::step() {
    bool moved = false;
    while (listening_ >= 0) {
        const int taken = ::accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (taken < 0) break;
        moved = true;
        dialogues_.push_back(std::make_unique<Dialogue>(taken));
        dialogues_.back()->offered = offered_;
        answer(*dialogues_.back(), "banner", "220 hop.example ESMTP\r\n");
    }
    for (auto& d : dialogues_)
        moved = serve(*d) || moved;
    std::erase_if(dialogues_, [](const auto& d) { return !d->socket.is_open(); });
    return moved;
}

bool Hop::serve(Dialogue& d) {
    bool moved = false;
    if (!d.late.empty() && clock::now() >= d.due) d.out += std::exchange(d.late, std::string());
    if (d.out.empty() && !d.drip.empty()) {
        d.out = d.drip.substr(0, 1);
        d.drip.erase(0, 1);
    }
    if (const auto sent = d.socket.write(d.out)) {
        d.out.erase(0, sent);
        moved = true;
    }
    if (d.close_when_sent && d.out.empty()) {
        d.socket.close();
        return true;
    }
    if (d.stalled || d.close_when_sent) return moved;
    const auto before = d.in.size();
    const auto read = d.socket.read(d.in);
    for (std::size_t i = before; i < d.in.size(); ++i) {
        const char c = d.in[i];
        check(c != '\0', "no NUL reaches the next hop");
        check((c == '\n') == (d.last == '\r'), "no bare CR or LF reaches the next hop");
        d.last = c;
    }
    if (read == Socket::Read::ended) {
        d.socket.close();
        return true;
    }
    moved = moved || read == Socket::Read::some;
    // One command at a time, so that an act can cut a pipelined group.
    if (d.out.empty() && d.drip.empty() && d.late.empty()) moved = (d.chunk ? take_chunk(d) : d.in_content ? take_content(d) : obey(d)) || moved;
    return moved;
}

void Hop::check_parameters(const Dialogue& d, std::string_view line) const {
    const auto offers = [&](std::string_view keyword) {
        return std::any_of(d.offered.begin(), d.offered.end(),
                           [&](const std::string& o) { return o.substr(0, o.find(' ')) == keyword; });
    };
    std::string_view rest = line.substr(line.rfind('>') + 1);
    for (const auto word : split(rest, ' ')) {
        const auto name = word.substr(0, word.find('='));
        if (name == "SIZE") check(offers("SIZE"), "SIZE only where it is offered");
        if (name == "BODY") check(offers("8BITMIME"), "BODY only where it is offered");
        if (name == "SMTPUTF8") check(offers("SMTPUTF8"), "SMTPUTF8 only where it is offered");
        if (name == "RET" || name == "ENVID" || name == "NOTIFY" || name == "ORCPT")
            check(offers("DSN"), "DSN only where it is offered");
    }
}

bool Hop::obey(Dialogue& d) {
    const auto end = d.in.find("\r\n");
    if (end == std::string::npos) return false;
    const std::string line = d.in.substr(0, end);
    d.in.erase(0, end + 2);
    const std::string verb = line.substr(0, line.find(' '));
    if (verb == "EHLO") {
        std::string text = "250";
        std::string last = "hop.example";
        for (const auto& keyword : d.offered) {
            text += "-" + last + "\r\n250";
            last = keyword;
        }
        answer(d, "ehlo", text + " " + last + "\r\n");
    } else if (verb == "HELO") {
        d.offered.clear();
        answer(d, "ehlo", "250 hop.example\r\n");
    } else if (verb == "XFORWARD") {
        answer(d, "xforward", "250 2.0.0 Ok\r\n");
    } else if (verb == "RSET") {
        d.message = Recorded();
        answer(d, "rset", "250 2.0.0 Ok\r\n");
    } else if (verb == "QUIT") {
        d.say("221 2.0.0 Bye\r\n");
        d.close_when_sent = true;
    } else if (verb == "MAIL") {
        check(d.message.mail.empty(), "a transaction ends before the next begins");
        check_parameters(d, line);
        const auto act = acts_["mail"].empty() ? Act::normal : acts_["mail"].front();
        answer(d, "mail", "250 2.1.0 Ok\r\n");
        if (act != Act::defers && act != Act::refuses) d.message.mail = line;
    } else if (verb == "RCPT") {
        check_parameters(d, line);
        if (d.message.mail.empty()) {
            d.say("503 5.5.1 MAIL first\r\n");
            return true;
        }
        const auto act = acts_["rcpt"].empty() ? Act::normal : acts_["rcpt"].front();
        answer(d, "rcpt", "250 2.1.5 Ok\r\n");
        if (act != Act::defers && act != Act::refuses) d.message.rcpts.push_back(line);
    } else if (verb == "DATA") {
        if (d.message.rcpts.empty()) {
            d.say("503 5.5.1 RCPT first\r\n");
            return true;
        }
        check(!confined_, "no message of a confined subscriber begins");
        const auto act = acts_["data"].empty() ? Act::normal : acts_["data"].front();
        d.in_content = act != Act::defers && act != Act::refuses && act != Act::wrong;
        d.after_data = d.in_content;
        answer(d, "data", "354 go on\r\n");
        // An early word about the message is none, whatever it says.
        if (act == Act::twice) d.say("250 2.0.0 Ok: not really\r\n");
    } else if (verb == "BDAT") {
        check(std::find(d.offered.begin(), d.offered.end(), "CHUNKING") != d.offered.end(), "BDAT only where it is offered");
        check(!d.message.rcpts.empty(), "BDAT only behind a recipient, for nothing holds its content back");
        check(!confined_, "no message of a confined subscriber begins");
        const auto words = split(line, ' ');
        check(words.size() == 3 && words[2] == "LAST", "a message is one chunk");
        d.chunk = parse_unsigned(words[1]);
        check(d.chunk.has_value(), "BDAT tells how many octets");
        d.after_data = true;
    } else {
        check(false, "only commands that Lazaret knows reach the next hop");
    }
    return true;
}

bool Hop::take_content(Dialogue& d) {
    const std::string framed = "\r\n" + d.in;
    const auto end = framed.find("\r\n.\r\n");
    if (end == std::string::npos) return false;
    d.message.content = framed.substr(2, end);
    d.in = framed.substr(end + 5);
    record(d);
    return true;
}

bool Hop::take_chunk(Dialogue& d) {
    if (d.in.size() < *d.chunk) return false;
    bool line_start = true;
    for (const char c : d.in.substr(0, *d.chunk)) {
        if (line_start && c == '.') d.message.content += '.';
        d.message.content += c;
        line_start = c == '\n';
    }
    d.in.erase(0, *d.chunk);
    d.chunk.reset();
    record(d);
    return true;
}

void Hop::record(Dialogue& d) {
    const auto act = acts_["dot"].empty() ? Act::normal : acts_["dot"].front();
    using Told = Recorded::Told;
    const bool said = act == Act::normal || act == Act::many_lines || act == Act::drips;
    const bool doubtful = act == Act::twice || act == Act::late || (said && d.unasked);
    d.message.told = doubtful ? Told::unclearly : said ? Told::clearly : Told::refused;
    recorded.push_back(std::move(d.message));
    d.message = Recorded();
    d.in_content = d.after_data = false;
    answer(d, "dot", "250 2.0.0 Ok: queued as F00\r\n");
}

Act Hop::next_act(const std::string& stage) {
    auto& waiting = acts_[stage];
    if (waiting.empty()) return Act::normal;
    const Act act = waiting.front();
    waiting.pop_front();
    return act;
}

void Hop::answer(Dialogue& d, const std::string& stage, std::string normal) {
    const std::string code = normal.substr(0, 3);
    switch (next_act(stage)) {
    case Act::defers: d.say("450 4.7.1 Later\r\n"); break;
    case Act::refuses: d.say("550 5.7.1 No\r\n"); break;
    case Act::shuts_down:
        d.say("421 4.3.2 Going down\r\n");
        d.close_when_sent = true;
        break;
    case Act::closes: d.socket.close(); break;
    case Act::resets: d.socket.reset(); break;
    case Act::stalls: d.stalled = true; break;
    case Act::babbles: d.say("hello?\r\n"); break;
    case Act::wrong: d.say(stage == "data" ? "250 2.0.0 Ok\r\n" : "354 go on\r\n"); break;
    case Act::many_lines: d.say(code + "-one\r\n" + code + "-two\r\n" + normal); break;
    case Act::drips: d.drip = std::move(normal); break;
    case Act::twice: d.say(stage == "data" ? normal : normal + normal); break;
    case Act::half:
        d.say(code.substr(0, 2));
        d.close_when_sent = true;
        break;
    case Act::nonsense: d.say("999 2.0.0 Ok\r\n"); break;
    case Act::late:
        d.late = std::move(normal);
        d.due = clock::now() + std::chrono::milliseconds(1500);
        break;
    default: d.say(normal);
    }
}

void Hop::drop_connections() {
    dialogues_.clear();
}

void Hop::shout() {
    // Only what was read cannot be what the words answer.
    for (auto& d : dialogues_) {
        d->unasked = true;
        d->say("250 2.0.0 Ok: unasked\r\n");
        d->socket.write(std::exchange(d->out, std::string()));
    }
}

bool Hop::talks_about_a_message() const {
    return std::any_of(dialogues_.begin(), dialogues_.end(), [](const auto& d) { return d->after_data; });
}

void Hop::confine() {
    confined_ = !talks_about_a_message();
}

} // namespace lazaret::fuzz

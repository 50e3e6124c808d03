// What an operator sees of a session, and how he ends it.

#include "submission/session.hpp"
#include "submission/worker.hpp"

namespace lazaret::submission {

std::string_view to_string(Phase phase) {
    switch (phase) {
    case Phase::greeting: return "greeting";
    case Phase::handshake: return "handshake";
    case Phase::command: return "command";
    case Phase::login: return "login";
    case Phase::content: return "content";
    case Phase::scan: return "scan";
    case Phase::next_hop: return "next_hop";
    case Phase::farewell: return "farewell";
    }
    return "";
}

SessionView Session::view() const {
    SessionView out;
    out.id = id_;
    out.port = port_;
    out.client = client_address();
    out.client_port = client_port();
    out.account = identity_.account;
    out.subscriber = identity_.subscriber;
    out.state = phase_ == Phase::command && transaction_ ? std::string("transaction") : std::string(to_string(phase_));
    out.tls = stream_.tls_info().version;
    out.since = since_;
    out.messages = messages_;
    out.octets = octets_;
    return out;
}

void Session::kill() {
    killed_ = true;
    stream_.interrupt();
}

std::size_t Worker::find(const Selection& wanted, std::size_t most, std::vector<SessionView>& into) {
    std::size_t left_off = 0;
    for (const auto& session : sessions_) {
        if (!wanted.matches(session.name())) continue;
        if (into.size() < most) into.push_back(session.view());
        else ++left_off;
    }
    return left_off;
}

std::size_t Worker::kill(const Selection& wanted) {
    std::size_t killed = 0;
    for (auto& session : sessions_) {
        if (!wanted.matches(session.name())) continue;
        session.kill();
        ++killed;
    }
    return killed;
}

} // namespace lazaret::submission

#include "smtp/policy_request.hpp"

#include "core/text.hpp"

#include <limits>
#include <utility>

namespace lazaret::smtp {

namespace {

constexpr std::size_t longest_line = 4096, longest_request = 64 * 1024, most_lines = 200;
constexpr std::size_t longest_answer = 1000; // well within a line of Postfix's own protocol

template <class Number> bool read_number(std::string_view text, Number& into) {
    if (text.empty()) return true; // not known
    const auto value = parse_unsigned(text);
    if (!value || *value > std::numeric_limits<Number>::max()) return false;
    into = static_cast<Number>(*value);
    return true;
}

} // namespace

std::size_t PolicyReader::feed(std::string_view input) {
    std::size_t taken = 0;
    while (taken < input.size() && state_ == State::need_more) {
        const auto rest = input.substr(taken);
        const auto end = rest.find('\n');
        const auto piece = rest.substr(0, end);
        taken += piece.size();
        total_ += piece.size();
        if (line_.size() + piece.size() > longest_line || total_ > longest_request) {
            state_ = State::fault;
            break;
        }
        line_.append(piece);
        if (end == std::string_view::npos) break;
        ++taken;
        end_line();
    }
    return taken;
}

void PolicyReader::end_line() {
    if (line_.empty()) {
        state_ = asks_access_ ? State::complete : State::fault;
        return;
    }
    const std::string_view line = line_;
    const auto equals = line.find('=');
    const bool good = ++lines_ <= most_lines && equals != std::string_view::npos && equals > 0 &&
                      line.find('\0') == std::string_view::npos && set(line.substr(0, equals), line.substr(equals + 1));
    if (!good) state_ = State::fault;
    line_.clear();
}

bool PolicyReader::set(std::string_view name, std::string_view value) {
    auto& to = request_;
    if (name == "request") return asks_access_ = value == "smtpd_access_policy";
    if (name == "recipient_count") return read_number(value, to.recipients);
    if (name == "size") return read_number(value, to.size);
    if (name == "client_port") return value == "unknown" || read_number(value, to.client_port);
    if (name == "client_address") { // "unknown" where Postfix was given a message on its standard input
        const auto address = IpAddress::parse(value);
        to.client = address ? std::optional(*address) : std::nullopt;
        return true;
    }
    for (const auto& [attribute, text] : {std::pair{"protocol_state", &to.state}, std::pair{"instance", &to.instance},
                                          std::pair{"sender", &to.sender}, std::pair{"recipient", &to.recipient},
                                          std::pair{"helo_name", &to.helo}, std::pair{"client_name", &to.client_name},
                                          std::pair{"sasl_username", &to.login}})
        if (name == attribute) *text = value;
    return true;
}

PolicyRequest PolicyReader::take() {
    state_ = State::need_more;
    line_.clear();
    total_ = lines_ = 0;
    asks_access_ = false;
    return std::exchange(request_, PolicyRequest());
}

void append_dunno(std::string& wire) {
    wire += "action=DUNNO\n\n";
}

void append_action(std::string& wire, const Reply& reply) {
    const Reply whole = reply.with_enhanced();
    wire += "action=" + std::to_string(whole.code()) + ' ';
    if (!whole.enhanced().empty()) wire += whole.enhanced().to_string() + ' ';
    std::string text = whole.text();
    for (char& c : text)
        if (c == '\n' || c == '\r') c = ' ';
    wire += printable(text, longest_answer) + "\n\n";
}

} // namespace lazaret::smtp

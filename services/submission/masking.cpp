#include "submission/masking.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>

namespace lazaret::submission {

namespace {

constexpr std::size_t longest = 1000;
constexpr std::array<std::string_view, 16> verbs = {"EHLO", "HELO", "STARTTLS", "MAIL", "RCPT", "DATA", "RSET", "NOOP",
                                                    "QUIT", "VRFY", "EXPN",     "HELP", "BDAT", "ETRN", "XCLIENT", "XFORWARD"};
constexpr std::array<std::string_view, 6> mechanisms = {"PLAIN",       "LOGIN",        "CRAM-MD5", "SCRAM-SHA-256",
                                                        "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS"};

template <std::size_t n> bool is_one_of(const std::array<std::string_view, n>& words, std::string_view word) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view known) { return ascii_iequals(known, word); });
}

std::string octets(std::string_view what, std::size_t count) {
    return "(" + std::string(what) + ", " + std::to_string(count) + " octets)";
}

} // namespace

std::string masked_command(std::string_view line) {
    const auto verb = line.substr(0, line.find_first_of(" \t"));
    if (ascii_iequals(verb, "AUTH")) {
        const auto argument = trim(line.substr(verb.size()));
        const auto mechanism = argument.substr(0, argument.find_first_of(" \t"));
        std::string out = "AUTH";
        if (is_one_of(mechanisms, mechanism)) out.append(" ").append(mechanism);
        else if (!mechanism.empty()) out += " ***";
        if (mechanism.size() < argument.size()) out += " ***";
        return out;
    }
    if (!is_one_of(verbs, verb)) return octets("no SMTP command", line.size());
    return printable(line, longest);
}

std::string masked_response(std::string_view line) {
    return line == "*" ? "*" : octets("AUTH exchange", line.size()); // RFC 4954 4: "*" cancels
}

std::string masked_reply(const smtp::Reply& reply) {
    if (reply.code() == 334) return reply.text().empty() ? "334" : "334 ***";
    std::string wire, out;
    reply.append_to(wire);
    for (auto line : split(trim(wire), '\n')) {
        if (!out.empty()) out += '\n';
        out += printable(trim(line), longest);
    }
    return out;
}

} // namespace lazaret::submission

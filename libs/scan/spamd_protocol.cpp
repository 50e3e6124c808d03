#include "scan/spamd_protocol.hpp"

#include "core/text.hpp"

#include <charconv>
#include <cmath>
#include <optional>

namespace lazaret::scan::spamd {

namespace {

using Daemon = Outcome::Daemon;
constexpr std::size_t max_user = 64;

Outcome ailing(std::string_view what, std::string_view text) {
    return Outcome::failed("spamd: " + std::string(what) + ": " + printable(text, 100), Daemon::ailing);
}

/// The next line without its end, and `text` behind it; nullopt where no line ends.
std::optional<std::string_view> take_line(std::string_view& text) {
    const auto end = text.find('\n');
    if (end == text.npos) return std::nullopt;
    auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

std::string_view take_word(std::string_view& text) {
    text = trim(text);
    const auto word = text.substr(0, text.find_first_of(" \t"));
    text.remove_prefix(word.size());
    return word;
}

std::optional<double> parse_score(std::string_view text) {
    text = trim(text);
    double score = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), score, std::chars_format::fixed);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(score)) return std::nullopt;
    return bounded_score(score);
}

/// "True ; 15.0 / 5.0"
bool parse_spam(std::string_view value, Outcome& outcome) {
    const auto mark = value.find(';'), slash = value.find('/');
    if (mark == value.npos || slash == value.npos || slash < mark) return false;
    const auto said = trim(value.substr(0, mark));
    const bool yes = ascii_iequals(said, "True") || ascii_iequals(said, "Yes");
    if (!yes && !ascii_iequals(said, "False") && !ascii_iequals(said, "No")) return false;
    const auto score = parse_score(value.substr(mark + 1, slash - mark - 1));
    if (!score || !parse_score(value.substr(slash + 1))) return false;
    outcome.score = *score;
    outcome.state = yes ? Outcome::State::found : Outcome::State::clean;
    outcome.wish = yes ? Wish::spam : Wish::none;
    return true;
}

void take_symbols(std::string_view text, Outcome& outcome) {
    constexpr std::string_view separators = ", \t\r\n";
    while (outcome.findings.size() < max_findings) {
        const auto begin = text.find_first_not_of(separators);
        if (begin == text.npos) return;
        text.remove_prefix(begin);
        const auto symbol = text.substr(0, text.find_first_of(separators));
        text.remove_prefix(symbol.size());
        add_finding(outcome.findings, finding_name("spamassassin", symbol), 0);
    }
}

} // namespace

std::string request(std::uint64_t size, std::string_view user) {
    std::string head = "SYMBOLS SPAMC/1.4\r\nContent-length: " + std::to_string(size) + "\r\n";
    if (!user.empty()) {
        head += "User: ";
        for (const char c : user.substr(0, max_user)) {
            const bool plain = ascii_is_alnum(c) || c == '-';
            head += plain ? c : '_';
        }
        head += "\r\n";
    }
    return head + "\r\n";
}

Outcome parse_reply(std::string_view reply) {
    if (trim(reply).empty()) return Outcome::failed("spamd: an empty reply", Daemon::ailing);
    auto rest = reply;
    const auto first = take_line(rest);
    if (!first) return ailing("half a reply", reply);
    auto words = *first;
    if (!take_word(words).starts_with("SPAMD/")) return ailing("no reply", *first);
    const auto code = parse_unsigned(take_word(words));
    if (!code) return ailing("no reply", *first);
    // A sysexits code: it could not do its work, which may be this message's doing (79, took too long).
    if (*code != 0) return Outcome::failed("spamd: no verdict: " + printable(*first, 100), Daemon::answered);

    Outcome outcome;
    outcome.daemon = Daemon::answered;
    std::optional<std::uint64_t> announced;
    bool judged = false;
    for (;;) {
        const auto line = take_line(rest);
        if (!line) return ailing("half a reply", reply);
        if (trim(*line).empty()) break;
        const auto colon = line->find(':');
        if (colon == line->npos) return ailing("a header line without a colon", *line);
        const auto name = trim(line->substr(0, colon)), value = trim(line->substr(colon + 1));
        if (ascii_iequals(name, "Content-length")) {
            announced = parse_unsigned(value);
            if (!announced) return ailing("a length that is none", *line);
        } else if (ascii_iequals(name, "Spam")) {
            judged = parse_spam(value, outcome);
            if (!judged) return ailing("a verdict that is none", *line);
        }
    }
    if (!judged) return ailing("a reply without a verdict", *first);
    constexpr std::size_t line_end = 2; // counted by some versions and sent by others
    if (announced && rest.size() + line_end < *announced) return ailing("half a reply", *first);
    take_symbols(rest, outcome);
    return outcome;
}

} // namespace lazaret::scan::spamd

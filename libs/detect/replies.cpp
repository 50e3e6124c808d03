#include "detect/replies.hpp"

#include "core/file.hpp"
#include "core/text.hpp"
#include "detect/standard_replies.hpp" // made of deploy/config/replies.txt

#include <algorithm>
#include <array>
#include <stdexcept>

namespace lazaret::detect {
namespace {

constexpr std::uint64_t max_octets = 1 << 20;
constexpr std::array reasons{Why::none, Why::unwanted, Why::unauthenticated, Why::listed, Why::reputation};

bool has_any(std::string_view reply, const std::vector<std::string>& words) {
    return std::ranges::any_of(words, [reply](const std::string& each) { return reply.find(each) != reply.npos; });
}

std::string_view unquoted(std::string_view words) {
    const bool is_quoted = words.size() >= 2 && words.front() == '"' && words.back() == '"';
    return is_quoted ? words.substr(1, words.size() - 2) : words;
}

Error wrong(std::size_t number, std::string_view found) {
    return Error("line " + std::to_string(number) + ": found \"" + printable(found, 60) +
                 "\", expected nonexistent, about-sender, unwanted, unauthenticated, listed, reputation, unrelated or operator, and words");
}

} // namespace

std::string_view to_string(Why why) {
    switch (why) {
    case Why::none: return "none";
    case Why::unwanted: return "unwanted";
    case Why::unauthenticated: return "unauthenticated";
    case Why::listed: return "listed";
    case Why::reputation: return "reputation";
    }
    return "";
}

Result<Replies> Replies::parse(std::string_view text) {
    Replies out;
    std::size_t number = 0;
    for (const auto whole : split(text, '\n')) {
        const auto line = trim(whole);
        if (++number > max_lines) return Error("found more than " + std::to_string(max_lines) + " lines");
        if (line.empty() || line.front() == '#') continue;
        const auto gap = line.find_first_of(" \t");
        const auto meaning = line.substr(0, gap);
        auto words = ascii_lowercase(gap == line.npos ? "" : unquoted(trim(line.substr(gap))));
        if (words.empty()) return wrong(number, line);
        const auto reason = std::ranges::find(reasons, meaning, [](Why why) { return why == Why::none ? "unrelated" : to_string(why); });
        if (reason != reasons.end())
            out.lines_.push_back({std::move(words), *reason});
        else if (meaning == "nonexistent")
            out.nonexistent_.push_back(std::move(words));
        else if (meaning == "about-sender")
            out.about_sender_.push_back(std::move(words));
        else if (meaning == "operator")
            out.operators_.push_back(std::move(words));
        else
            return wrong(number, line);
    }
    return out;
}

Result<std::shared_ptr<const Replies>> Replies::load(const std::filesystem::path& file) {
    if (file.empty()) return standard();
    const auto text = read_file(file, max_octets);
    if (!text) return text.error();
    auto parsed = parse(*text);
    if (!parsed) return Error(file.string() + ": " + parsed.error().message);
    return std::make_shared<const Replies>(std::move(*parsed));
}

std::shared_ptr<const Replies> Replies::standard() {
    static const auto built_in = [] {
        auto parsed = parse(standard_replies);
        if (!parsed) throw std::logic_error("built-in replies: " + parsed.error().message);
        return std::make_shared<const Replies>(std::move(*parsed));
    }();
    return built_in;
}

bool Replies::says_nonexistent(std::string_view reply) const {
    return has_any(reply, nonexistent_) && !has_any(reply, about_sender_);
}

Why Replies::why(std::string_view reply) const {
    const auto found = std::ranges::find_if(lines_, [reply](const Line& line) { return reply.find(line.words) != reply.npos; });
    return found == lines_.end() ? Why::none : found->why;
}

} // namespace lazaret::detect

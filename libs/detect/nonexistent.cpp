// Replies that say in words that there is no such mailbox. Many servers have one enhanced code for every refusal.

#include "core/text.hpp"
#include "detect/evidence.hpp"

#include <algorithm>
#include <array>

namespace lazaret::detect {
namespace {

/// Lower case, anywhere in the reply.
constexpr std::array<std::string_view, 28> words{
    "user unknown",           "unknown user",          "no such user",           "user not found",
    "user does not exist",    "user doesn't exist",    "no such recipient",      "unknown recipient",
    "recipient unknown",      "recipient not found",   "recipient does not exist", "invalid recipient",
    "no such mailbox",        "mailbox not found",     "mailbox does not exist", "unknown mailbox",
    "no mailbox here",        "invalid mailbox",       "not a valid mailbox",    "no such address",
    "address does not exist", "address unknown",       "unknown address",        "account does not exist",
    "no such account",        "unknown local part",    "to reach does not exist", "this user doesn't have",
};

/// What may be said of somebody who exists.
constexpr std::array<std::string_view, 4> about_others{"sender", "from address", "helo", "domain of sender"};

} // namespace

bool says_nonexistent_in_words(std::string_view reply) {
    const std::string text = ascii_lowercase(reply);
    const auto is_in = [&text](std::string_view what) { return text.find(what) != std::string::npos; };
    return std::any_of(words.begin(), words.end(), is_in) && std::none_of(about_others.begin(), about_others.end(), is_in);
}

} // namespace lazaret::detect

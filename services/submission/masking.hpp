#pragma once
// What of a dialogue may be shown: never a password, and nothing that could be one.

#include "smtp/reply.hpp"

#include <string>
#include <string_view>

namespace lazaret::submission {

/// A command line as a trace shows it. Of AUTH only the mechanism stays. A line that is no SMTP command shows its size alone:
/// a client out of step with us sends its password there.
std::string masked_command(std::string_view line);
/// A line within an AUTH exchange: its size.
std::string masked_response(std::string_view line);
/// Our reply, in lines; of a 334 the challenge is hidden, too.
std::string masked_reply(const smtp::Reply& reply);

} // namespace lazaret::submission

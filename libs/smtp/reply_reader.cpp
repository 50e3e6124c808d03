#include "smtp/client.hpp"

#include <algorithm>
#include <utility>

namespace lazaret::smtp {

namespace {

constexpr std::size_t max_reply_line = 4096, max_reply = 65536, max_lines = 200;

} // namespace

std::size_t ReplyReader::feed(std::string_view input) {
    std::size_t taken = 0;
    while (state_ == State::need_more && taken < input.size()) {
        const std::string_view rest = input.substr(taken);
        const std::size_t lf = rest.find('\n');
        const std::string_view piece = rest.substr(0, lf);
        if (line_.size() + piece.size() > max_reply_line || total_ + piece.size() > max_reply) {
            state_ = State::fault;
            break;
        }
        total_ += piece.size();
        taken += piece.size();
        if (lf == std::string_view::npos) {
            line_ += piece;
            break;
        }
        ++taken;
        if (line_.empty()) {
            end_line(piece);
        } else {
            line_ += piece;
            end_line(std::exchange(line_, {}));
        }
    }
    return taken;
}

void ReplyReader::end_line(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto digit = [&](std::size_t i) {
        return i < line.size() && line[i] >= '0' && line[i] <= '9' ? line[i] - '0' : -1;
    };
    const int code = digit(0) < 2 || digit(0) > 5 || digit(1) < 0 || digit(2) < 0
                         ? 0
                         : digit(0) * 100 + digit(1) * 10 + digit(2);
    const bool last = line.size() == 3 || (line.size() > 3 && line[3] == ' '); // RFC 5321 4.2.1
    const bool more = line.size() > 3 && line[3] == '-';
    const bool foreign =
        line.find('\r') != std::string_view::npos || line.find('\0') != std::string_view::npos;
    if (code == 0 || (!last && !more) || foreign || (lines_ > 0 && code != code_) || lines_ == max_lines) {
        state_ = State::fault;
        return;
    }
    std::string_view text = line.substr(std::min<std::size_t>(line.size(), 4));
    if (const auto enhanced = Enhanced::parse(text);
        enhanced && enhanced->klass == code / 100) { // RFC 2034 4
        if (lines_ == 0) enhanced_ = *enhanced;
        if (*enhanced == enhanced_) {
            text.remove_prefix(std::min(text.size(), text.find(' ')));
            if (!text.empty()) text.remove_prefix(1);
        }
    }
    if (lines_ > 0) text_ += '\n';
    text_ += text;
    code_ = code;
    ++lines_;
    if (last) state_ = State::complete;
}

Reply ReplyReader::take() {
    Reply reply(code_, enhanced_, std::move(text_));
    *this = ReplyReader();
    return reply;
}

} // namespace lazaret::smtp

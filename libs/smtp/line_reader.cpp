#include "smtp/line_reader.hpp"

#include "core/text.hpp"

#include <algorithm>

namespace lazaret::smtp {

namespace {

/// The CRLF counts.
std::size_t limit_of(std::string_view line, bool exchange) {
    return exchange || ascii_istarts_with(line, "AUTH ") ? LineReader::auth_limit : LineReader::command_limit;
}

} // namespace

void LineReader::feed(std::string_view input) {
    if (begin_ > 0) { // a line given out before is invalid from now on
        buffer_.erase(0, begin_);
        scanned_ -= std::min(scanned_, begin_);
        begin_ = 0;
    }
    buffer_.append(input);
}

LineReader::Next LineReader::next(std::string_view& line, bool exchange) {
    line = {};
    if (begin_ == buffer_.size()) {
        release();
        return Next::need_more;
    }
    const std::size_t lf = buffer_.find('\n', std::max(begin_, scanned_));
    if (lf == std::string::npos) {
        scanned_ = buffer_.size();
        if (!swallowing_ && rest().size() < limit_of(rest(), exchange)) return Next::need_more;
        swallowing_ = true;
        last_swallowed_cr_ = buffer_.back() == '\r';
        release();
        return Next::need_more;
    }
    const std::string_view whole = std::string_view(buffer_).substr(begin_, lf - begin_);
    const bool with_cr = whole.empty() ? swallowing_ && last_swallowed_cr_ : whole.back() == '\r';
    const bool swallowed = swallowing_;
    begin_ = scanned_ = lf + 1;
    swallowing_ = last_swallowed_cr_ = false;
    if (!with_cr) return Next::bare_lf;
    if (swallowed || whole.size() + 1 > limit_of(whole, exchange)) return Next::too_long;
    line = whole.substr(0, whole.size() - 1);
    return Next::line;
}

std::optional<std::string_view> LineReader::peek() const {
    const auto lf = buffer_.find('\n', std::max(begin_, scanned_));
    if (swallowing_ || lf == std::string::npos) return std::nullopt;
    const auto whole = std::string_view(buffer_).substr(begin_, lf - begin_);
    if (!whole.ends_with('\r') || whole.size() + 1 > limit_of(whole, false)) return std::nullopt;
    return whole.substr(0, whole.size() - 1);
}

void LineReader::consume(std::size_t octets) {
    begin_ += std::min(octets, buffer_.size() - begin_);
    scanned_ = begin_;
    if (begin_ == buffer_.size()) release();
}

void LineReader::clear() {
    release();
    swallowing_ = last_swallowed_cr_ = false;
}

void LineReader::release() {
    std::string().swap(buffer_);
    begin_ = scanned_ = 0;
}

} // namespace lazaret::smtp

#include "mime/outline.hpp"

#include "mime/transfer.hpp"

#include <algorithm>
#include <utility>

namespace lazaret::mime {

namespace {

constexpr std::size_t beginning_octets = 4096, longest_kept_line = 65536;

/// Whether a line, without its end, may stand in a header section behind others (RFC 5322 2.2).
bool may_be_field(std::string_view line, bool is_first) {
    if (line.front() == ' ' || line.front() == '\t') return !is_first;
    const auto colon = line.find(':');
    if (colon == line.npos || colon == 0) return false;
    const auto name = line.substr(0, line.find_last_not_of(" \t", colon - 1) + 1);
    return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

} // namespace

void Outline::feed(std::string_view octets) {
    while (!octets.empty() && at_ != At::end) {
        const auto end = octets.find('\n');
        const auto piece = octets.substr(0, end);
        if (!skips_ && (end == octets.npos || !carry_.empty())) carry_ += piece;
        if (end == octets.npos) {
            fed_ += piece.size();
            if (carry_.size() <= longest_kept_line) return;
            if (at_ == At::header) hit_.add(Limit::header);
            line(std::exchange(carry_, {}));
            skips_ = true;
            return;
        }
        fed_ += end + 1;
        octets.remove_prefix(end + 1);
        if (!std::exchange(skips_, false)) line(carry_.empty() ? piece : std::string_view(carry_));
        carry_.clear();
    }
}

void Outline::finish() {
    if (!carry_.empty()) line(std::exchange(carry_, {}));
    if (at_ == At::header) end_header();
    end_body();
    at_ = At::end;
}

void Outline::line(std::string_view text) {
    const auto written = text;
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.starts_with("--") && delimiter(text)) return;
    if (at_ == At::header) {
        if (text.empty()) return end_header();
        if (may_be_field(text, section_.empty())) {
            if (section_.size() + text.size() < limits_.header_octets) section_.append(text).append("\n");
            else hit_.add(Limit::header);
            return;
        }
        end_header(); // a line that can be no field is the body's, as message::HeaderReader has it
        if (at_ == At::header) return line(written); // of the message in it
    }
    if (file_ && head_.size() < beginning_octets) head_.append(written.substr(0, beginning_octets)).append("\n");
}

/// The outermost container that has it counts, as it does where parts are taken apart.
bool Outline::delimiter(std::string_view text) {
    for (std::size_t i = 0; i < containers_.size(); ++i) {
        const auto& dashed = containers_[i].dashed;
        if (!text.starts_with(dashed)) continue;
        auto behind = text.substr(dashed.size());
        const bool closes = behind.starts_with("--");
        if (closes) behind.remove_prefix(2);
        if (behind.find_first_not_of(" \t\r") != behind.npos) continue;
        if (at_ == At::header) end_header();
        end_body();
        if (at_ == At::end) return true;
        containers_.resize(i + 1); // what was open within it is over; itself it is not: there may be parts behind the last
        at_ = At::body;
        if (!closes) begin_part(containers_[i].depth + 1, containers_[i].is_digest ? "message/rfc822" : "text/plain");
        return true;
    }
    return false;
}

void Outline::begin_part(unsigned depth, const char* default_type) {
    at_ = At::header;
    section_.clear();
    depth_ = depth;
    default_type_ = default_type;
}

void Outline::end_header() {
    end_body(); // of a message that has a file's name and is looked into, too
    at_ = At::body;
    if (parts_ == 0) {
        hit_.add(Limit::parts);
        at_ = At::end;
        return;
    }
    --parts_;
    auto header = read_part_header(section_, default_type_, hit_);
    section_.clear();
    const bool may_hold = depth_ < limits_.depth;
    if (!may_hold && (header.is_multipart() || header.is_message())) hit_.add(Limit::depth);
    const auto boundary = header.type.first("boundary");
    if (may_hold && header.is_multipart() && !boundary.empty() && boundary.size() <= longest_boundary) {
        containers_.push_back({"--" + std::string(boundary), depth_, header.type.value == "multipart/digest"});
        return;
    }
    const bool is_message = header.is_message(), is_encoded = header.encoding != Encoding::identity;
    begin_body(std::move(header));
    if (!is_message || !may_hold) return;
    if (is_encoded) return hit_.add(Limit::decoded); // nobody may do that (RFC 2046 5.2.1), and it is not undone here
    begin_part(depth_ + 1, "text/plain");
}

void Outline::begin_body(PartHeader header) {
    auto names = file_names(header, hit_);
    is_text_ = (header.type.value.starts_with("text/") || header.is_message() || header.is_multipart()) &&
               header.disposition.value != "attachment" && names.names.empty();
    encoding_ = header.encoding;
    head_.clear();
    file_.emplace();
    file_->names = std::move(names.names);
    file_->traits = std::move(names.traits);
    file_->declared_type = std::move(header.type.value);
    file_->is_inline = header.disposition.value == "inline";
}

void Outline::end_body() {
    if (!file_) return;
    auto file = std::move(*file_);
    file_.reset();
    if (fed_ <= seen_) return;
    const auto octets = decode(encoding_, head_);
    file.kind = kind_of(octets);
    const bool is_program = (is_executable(file.kind) || is_archive(file.kind)) && octets.find('\0') != octets.npos;
    if (is_text_ && !is_program) return;
    if (files_.size() >= limits_.attachments) return hit_.add(Limit::attachments);
    files_.push_back(std::move(file));
}

} // namespace lazaret::mime

#include "engine/log_journal.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <utility>

namespace lazaret::engine {
namespace {

using nlohmann::json;

constexpr std::size_t chunk = 256 * 1024; // journalctl leaves out values above 4 KiB, so that no line is nearly as long
constexpr std::chrono::seconds until_it_stays(5);

/// The text of a field: journalctl writes what is no UTF-8 as a list of octets, a field that is there twice as a list of texts.
std::string text_of(const json& entry, const char* key) {
    const auto found = entry.find(key);
    if (found == entry.end()) return {};
    const json& value = found->is_array() && !found->empty() && !found->front().is_number() ? found->front() : *found;
    if (value.is_string()) return value.get<std::string>();
    std::string text;
    if (value.is_array())
        for (const json& octet : value)
            if (octet.is_number_unsigned() && octet.get<unsigned>() < 256) text += static_cast<char>(octet.get<unsigned>());
    return text;
}

std::string stamp_of(const json& entry) {
    const auto text = text_of(entry, "__REALTIME_TIMESTAMP"); // microseconds since 1970
    std::int64_t at = 0;
    std::from_chars(text.data(), text.data() + text.size(), at);
    return format_rfc3339(Time(Duration(at)));
}

/// As syslog would have written it into a file.
std::string line_of(const json& entry) {
    auto pid = text_of(entry, "SYSLOG_PID");
    if (pid.empty()) pid = text_of(entry, "_PID");
    return stamp_of(entry) + " " + text_of(entry, "_HOSTNAME") + " " + text_of(entry, "SYSLOG_IDENTIFIER") + "[" + pid +
           "]: " + text_of(entry, "MESSAGE");
}

} // namespace

LogJournal::LogJournal(std::vector<std::string> program, const std::vector<std::string>& units, std::string cursor,
                       Time from)
    : command_(std::move(program)), cursor_(cursor), first_(std::move(cursor)) {
    for (const char* word : {"--system", "--quiet", "--no-pager", "--boot=all", "--follow", "--no-tail", "--output=json",
                             "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,SYSLOG_PID,_PID,_HOSTNAME"})
        command_.emplace_back(word);
    // Not --after-cursor, which skips an entry even where the one with the cursor is gone.
    const auto seconds = std::chrono::floor<std::chrono::seconds>(from).time_since_epoch().count();
    command_.push_back(first_.empty() ? "--since=@" + std::to_string(seconds) : "--cursor=" + first_);
    for (const std::string& unit : units)
        command_.push_back("--unit=" + unit);
}

bool LogJournal::is_there() const {
    return has_shown_ || (child_ && !has_ended_ && std::chrono::steady_clock::now() - started_ > until_it_stays);
}

Result<std::vector<std::string>> LogJournal::read() {
    if (!child_) {
        auto child = Child::start(command_);
        if (!child) return child.error();
        child_.emplace(std::move(*child));
        started_ = std::chrono::steady_clock::now();
    }
    std::vector<std::string> lines;
    if (has_ended_) return Error("journalctl ended: " + child_->last_words(), true);
    const auto read = child_->read(buffer_, chunk);
    if (!read) return read.error();
    has_ended_ = !*read; // an Error from the next call on: what came before counts
    std::size_t from = 0;
    for (std::size_t end; (end = buffer_.find('\n', from)) != std::string::npos; from = end + 1)
        take(std::string_view(buffer_).substr(from, end - from), lines);
    buffer_.erase(0, from);
    if (buffer_.size() > chunk) return Error("journalctl wrote a line that does not end", true);
    return lines;
}

void LogJournal::take(std::string_view text, std::vector<std::string>& lines) {
    const json entry = json::parse(text, nullptr, false);
    if (!entry.is_object()) return;
    auto cursor = text_of(entry, "__CURSOR");
    if (cursor.empty()) return;
    has_shown_ = true;
    const bool is_known = cursor == std::exchange(first_, std::string());
    cursor_ = std::move(cursor);
    if (!is_known) lines.push_back(line_of(entry));
}

} // namespace lazaret::engine

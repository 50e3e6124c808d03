#include "log/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <charconv>
#include <cmath>
#include <memory>

namespace lazaret::log {
namespace {

constexpr std::size_t longest_text = 1000;

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
    }
    return spdlog::level::info;
}

/// "<7>".."<3>": the priority that systemd reads from the start of a line, sd-daemon(3).
class PriorityFlag : public spdlog::custom_flag_formatter {
  public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        char priority = '6';
        if (message.level == spdlog::level::debug)
            priority = '7';
        else if (message.level == spdlog::level::warn)
            priority = '4';
        else if (message.level == spdlog::level::err)
            priority = '3';
        out.push_back('<');
        out.push_back(priority);
        out.push_back('>');
    }
    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<PriorityFlag>(); }
};

/// spdlog's own name for warn is "warning".
class LevelFlag : public spdlog::custom_flag_formatter {
  public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        std::string_view name = "info";
        if (message.level == spdlog::level::debug)
            name = "debug";
        else if (message.level == spdlog::level::warn)
            name = "warn";
        else if (message.level == spdlog::level::err)
            name = "error";
        out.append(name.data(), name.data() + name.size());
    }
    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<LevelFlag>(); }
};

std::shared_ptr<spdlog::logger> make_logger(Format format, std::string_view program) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<PriorityFlag>('*').add_flag<LevelFlag>('?');
    formatter->set_pattern(format == Format::systemd ? "%*level=%? %v"
                                                     : "%Y-%m-%dT%H:%M:%S.%fZ %n[%P] %? %v");
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    auto logger = std::make_shared<spdlog::logger>(std::string(program), std::move(sink));
    logger->set_formatter(std::move(formatter));
    logger->set_level(spdlog::level::trace); // the threshold above is the only filter
    return logger;
}

/// Never destroyed: the last lines of a program may come from destructors of other statics.
std::atomic<std::shared_ptr<spdlog::logger>>& current() {
    static auto* logger =
        new std::atomic<std::shared_ptr<spdlog::logger>>(make_logger(Format::plain, "lazaret"));
    return *logger;
}

bool needs_quotes(std::string_view text) {
    if (text.empty()) return true;
    for (const unsigned char c : text)
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=') return true;
    return false;
}

/// Length of the valid UTF-8 sequence at the start of text, RFC 3629; 0 for anything else and for C1
/// controls.
std::size_t utf8_length(std::string_view text) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = at(0);
    std::size_t length = 0;
    unsigned char low = 0x80, high = 0xbf; // allowed second octet
    if (first >= 0xc2 && first <= 0xdf)
        length = 2, low = first == 0xc2 ? 0xa0 : 0x80;
    else if (first >= 0xe0 && first <= 0xef)
        length = 3, low = first == 0xe0 ? 0xa0 : 0x80, high = first == 0xed ? 0x9f : 0xbf;
    else if (first >= 0xf0 && first <= 0xf4)
        length = 4, low = first == 0xf0 ? 0x90 : 0x80, high = first == 0xf4 ? 0x8f : 0xbf;
    if (length == 0 || text.size() < length || at(1) < low || at(1) > high) return 0;
    for (std::size_t i = 2; i < length; ++i)
        if ((at(i) & 0xc0) != 0x80) return 0;
    return length;
}

void append_hex(std::string& line, unsigned char octet) {
    constexpr char digits[] = "0123456789abcdef";
    line += "\\x";
    line += digits[octet >> 4];
    line += digits[octet & 15];
}

void append_text(std::string& line, std::string_view text) {
    const bool cut = text.size() > longest_text;
    if (cut) text = text.substr(0, longest_text);
    if (!cut && !needs_quotes(text)) {
        line += text;
        return;
    }
    line += '"';
    while (!text.empty()) {
        const auto c = static_cast<unsigned char>(text.front());
        std::size_t taken = 1;
        if (c == '"' || c == '\\')
            (line += '\\') += static_cast<char>(c);
        else if (c == '\n')
            line += "\\n";
        else if (c == '\r')
            line += "\\r";
        else if (c == '\t')
            line += "\\t";
        else if (c >= ' ' && c < 0x7f)
            line += static_cast<char>(c);
        else if (const auto length = utf8_length(text); length > 0)
            line += text.substr(0, taken = length);
        else
            append_hex(line, c);
        text.remove_prefix(taken);
    }
    line += cut ? "...\"" : "\"";
}

template <class N> void append_number(std::string& line, N number) {
    char digits[40];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    line.append(digits, end);
}

} // namespace

std::atomic<Level> detail::threshold{Level::info};

void Value::append_to(std::string& line) const {
    if (const auto* text = std::get_if<std::string_view>(&held_))
        append_text(line, *text);
    else if (const auto* with_sign = std::get_if<std::int64_t>(&held_))
        append_number(line, *with_sign);
    else if (const auto* without_sign = std::get_if<std::uint64_t>(&held_))
        append_number(line, *without_sign);
    else
        append_number(line, std::get<double>(held_));
}

std::string compose(std::string_view event, std::string_view sentence, Fields fields) {
    std::string line;
    line.reserve(160);
    line += "event=";
    append_text(line, event);
    line += " msg=";
    append_text(line, sentence);
    for (const auto& field : fields) {
        line += ' ';
        line += field.key;
        line += '=';
        field.value.append_to(line);
    }
    return line;
}

void detail::write(Level level, std::string_view event, std::string_view sentence, Fields fields) noexcept {
    try {
        const auto line = compose(event, sentence, fields);
        current().load()->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
    } catch (...) {
        // Out of memory or a closed stderr: losing the line is all that may happen.
    }
}

void init(Level level, Format format, std::string_view program) {
    set_level(level);
    current().store(make_logger(format, program));
}

void set_level(Level level) {
    detail::threshold.store(level, std::memory_order_relaxed);
}

} // namespace lazaret::log

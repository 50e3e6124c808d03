#pragma once
// Structured lines on stderr: one line per event, `event=name msg="sentence" key=value ...`.
// Plain format starts with the UTC time, the program and its pid; systemd format with "<N>", the syslog
// priority, since the journal adds the rest. Every function may be called from any thread and never throws.

#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace lazaret::log {

enum class Level { debug, info, warn, error };
enum class Format { plain, systemd };

/// What stands after the '=': text or a number. Text is borrowed, so use it only inside the call.
class Value {
  public:
    Value(std::string_view text) : held_(text) {}
    Value(const std::string& text) : held_(std::string_view(text)) {}
    Value(const char* text) : held_(std::string_view(text)) {}
    Value(bool yes) : held_(yes ? std::string_view("true") : std::string_view("false")) {}
    template <std::signed_integral N>
    Value(N number) requires(!std::same_as<N, char>) : held_(static_cast<std::int64_t>(number)) {}
    template <std::unsigned_integral N>
    Value(N number) requires(!std::same_as<N, bool>) : held_(static_cast<std::uint64_t>(number)) {}
    template <std::floating_point N> Value(N number) : held_(static_cast<double>(number)) {}

    /// As it appears in the line: bare, or in double quotes with \" \\ \n \r \t \xHH where needed; text
    /// beyond 1000 octets is cut and marked with "...".
    void append_to(std::string& line) const;

  private:
    std::variant<std::string_view, std::int64_t, std::uint64_t, double> held_;
};

struct Field {
    std::string_view key; ///< [a-z_]+, a literal
    Value value;
    Field(std::string_view k, Value v) : key(k), value(v) {}
};
using Fields = std::initializer_list<Field>;

/// Call once at the start of main; until then: plain format, level info, program "lazaret".
void init(Level level, Format format, std::string_view program);
void set_level(Level level);

namespace detail {
extern std::atomic<Level> threshold;
void write(Level level, std::string_view event, std::string_view sentence, Fields fields) noexcept;
} // namespace detail

/// Worth asking before a field that costs something to make.
inline bool enabled(Level level) {
    return level >= detail::threshold.load(std::memory_order_relaxed);
}

/// `event` is a fixed snake_case name that one can search for, `sentence` is for the human reader.
inline void debug(std::string_view event, std::string_view sentence, Fields fields = {}) {
    if (enabled(Level::debug)) detail::write(Level::debug, event, sentence, fields);
}
inline void info(std::string_view event, std::string_view sentence, Fields fields = {}) {
    if (enabled(Level::info)) detail::write(Level::info, event, sentence, fields);
}
inline void warn(std::string_view event, std::string_view sentence, Fields fields = {}) {
    if (enabled(Level::warn)) detail::write(Level::warn, event, sentence, fields);
}
inline void error(std::string_view event, std::string_view sentence, Fields fields = {}) {
    if (enabled(Level::error)) detail::write(Level::error, event, sentence, fields);
}

/// The part of a line after level and time, without line end. For tests and for tools that show lines.
std::string compose(std::string_view event, std::string_view sentence, Fields fields);

} // namespace lazaret::log

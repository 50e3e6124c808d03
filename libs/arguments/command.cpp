#include "arguments/command.hpp"

#include "core/text.hpp"

#include <CLI/CLI.hpp>

#include <limits>
#include <type_traits>

namespace lazaret::arguments {

namespace {

/// CLI11 reads unsigned numbers with strtoull(), which takes -1 for the largest and 010 for eight.
template <class T> std::string read_unsigned(std::string& word) {
    const auto number = parse_unsigned(word);
    if (!number || *number > std::numeric_limits<T>::max())
        return "Value " + word + " not in range 0 to " + std::to_string(std::numeric_limits<T>::max());
    word = std::to_string(*number);
    return {};
}

} // namespace

Option Option::required() {
    option_->required();
    return *this;
}

Option Option::is(const std::string& what) {
    option_->type_name(what);
    return *this;
}

Option Option::shows_default() {
    option_->capture_default_str();
    return *this;
}

Option Option::repeatable() {
    option_->expected(1)->take_all()->allow_extra_args(false); // one word each time: the next is a positional
    return *this;
}

Option Option::between(int lowest, int highest) {
    option_->check(CLI::Range(lowest, highest));
    return *this;
}

Option Option::positive() {
    option_->check(CLI::PositiveNumber);
    return *this;
}

Option Option::one_of(const std::vector<std::string>& words) {
    option_->check(CLI::IsMember(words));
    return *this;
}

Option Option::from_environment(const std::string& name) {
    option_->envname(name);
    return *this;
}

Option Option::needs(Option other) {
    option_->needs(other.option_);
    return *this;
}

Command Command::add(const std::string& name, const std::string& about) {
    return Command(app_->add_subcommand(name, about)->fallthrough());
}

Command Command::group(const std::string& name, const std::string& about) {
    Command made = add(name, about);
    made.requires_command();
    return made;
}

void Command::requires_command() { app_->require_subcommand(1); }

template <Value T> Option Command::option(const std::string& names, T& into, const std::string& about) {
    auto* option = app_->add_option(names, into, about);
    if constexpr (std::is_unsigned_v<T>) option->transform(CLI::Validator(read_unsigned<T>, ""));
    return Option(option);
}

template Option Command::option(const std::string&, std::string&, const std::string&);
template Option Command::option(const std::string&, std::filesystem::path&, const std::string&);
template Option Command::option(const std::string&, std::vector<std::string>&, const std::string&);
template Option Command::option(const std::string&, std::int64_t&, const std::string&);
template Option Command::option(const std::string&, std::uint64_t&, const std::string&);
template Option Command::option(const std::string&, std::uint32_t&, const std::string&);
template Option Command::option(const std::string&, std::uint16_t&, const std::string&);
template Option Command::option(const std::string&, double&, const std::string&);

Option Command::flag(const std::string& names, bool& into, const std::string& about) {
    return Option(app_->add_flag(names, into, about));
}

bool Command::is_given(const std::string& name) const { return app_->count(name) > 0; }

void Command::footer(const std::string& text) { app_->footer(text); }

void Command::run(std::function<void()> work) { app_->callback(std::move(work)); }

Program::Program(const std::string& name, const std::string& about) : Program(std::make_unique<CLI::App>(about, name)) {}

Program::Program(std::unique_ptr<CLI::App> owned) : Command(owned.get()), owned_(std::move(owned)) {}

Program::~Program() = default;

void Program::version(const std::string& text) { owned_->set_version_flag("--version", text); }

bool Program::parse(int argc, const char* const* argv) {
    try {
        owned_->parse(argc, argv);
        return true;
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() != 0) throw WrongUsage(error.what());
        owned_->exit(error); // prints the help or the version
        return false;
    }
}

std::optional<int> Program::parse_or_tell(int argc, const char* const* argv) {
    try {
        owned_->parse(argc, argv);
        return std::nullopt;
    } catch (const CLI::ParseError& error) {
        return owned_->exit(error);
    }
}

} // namespace lazaret::arguments

#pragma once
// Command lines: a program, its commands and their options, declared once and read in one go.
//
//     arguments::Program program("lazaret", "Stops infected subscribers.");
//     auto list = program.group("event", "what happened").add("list", "newest first");
//     list.option("--limit", limit, "at most so many").between(1, 1000).shows_default();
//     list.run([&] { ... });
//     program.parse(argc, argv);
//
// CLI11 does the work and is known to command.cpp alone. The Program owns everything declared; Command and Option are handles to
// copy, good as long as it lives. A variable that an option fills belongs to the caller and has to outlive the parsing.
// A declaration that contradicts another one throws std::exception: a bug that shows at the start of the program.

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace lazaret::arguments {

/// What an option can fill. A vector takes all words up to the next option or command, and those of each further time. A number
/// that does not fit its type is wrong usage.
template <class T>
concept Value = std::same_as<T, std::string> || std::same_as<T, std::filesystem::path> ||
                std::same_as<T, std::vector<std::string>> || std::same_as<T, std::int64_t> ||
                std::same_as<T, std::uint64_t> || std::same_as<T, std::uint32_t> || std::same_as<T, std::uint16_t> ||
                std::same_as<T, double>;

/// One option or argument, to say more of it.
class Option {
  public:
    Option required();
    Option is(const std::string& what);      ///< in the help instead of TEXT, INT ...: "FILE"
    Option shows_default();                  ///< the help says what its variable holds now
    Option repeatable();                     ///< of a vector: in the help it takes one word, each time
    Option between(int lowest, int highest); ///< both included
    Option positive();                       ///< above 0
    Option one_of(const std::vector<std::string>& words);
    Option from_environment(const std::string& name); ///< this variable counts where the line has no such option
    Option needs(Option other);                       ///< only together with that one

  private:
    friend class Command;
    explicit Option(CLI::Option* option) : option_(option) {}
    CLI::Option* option_;
};

/// A program or one of its commands. The help lists what it has in the order of the declarations.
class Command {
  public:
    /// A command of this one. It has the footer that this one has now, and the options of this one may stand behind its name.
    Command add(const std::string& name, const std::string& about);
    /// The same, for a command that only has commands, one of which must be named.
    Command group(const std::string& name, const std::string& about);
    void requires_command(); ///< one of its commands must be named

    /// `names` are an option's, "--limit" or "-n,--limit", or an argument's, which has no hyphen: "FILE"; "FILE,--file" is both.
    template <Value T> Option option(const std::string& names, T& into, const std::string& about);
    Option flag(const std::string& names, bool& into, const std::string& about);
    /// By the command line or the environment, once that is parsed. `name` must have been declared here.
    bool is_given(const std::string& name) const;

    void footer(const std::string& text); ///< the end of the help
    /// What the command does, once all of the command line is found right. What it throws comes out of parse().
    void run(std::function<void()> work);

  protected:
    explicit Command(CLI::App* app) : app_(app) {}
    CLI::App* app_;
};

/// The command line is wrong: what() is one sentence without a full stop.
struct WrongUsage : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Program : public Command {
  public:
    Program(const std::string& name, const std::string& about);
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    void version(const std::string& text); ///< what --version prints

    /// Fills the variables and runs the commands named. False if --help or --version was answered on stdout instead.
    /// Throws WrongUsage before anything ran, or what a command throws.
    bool parse(int argc, const char* const* argv);
    /// The same, but nullopt is to go on, and a number to exit with it: 0 after --help or --version; 100 or more, by the kind of
    /// mistake, after wrong usage, whose sentence then stands on stderr with a hint at --help.
    std::optional<int> parse_or_tell(int argc, const char* const* argv);

  private:
    explicit Program(std::unique_ptr<CLI::App> owned);
    std::unique_ptr<CLI::App> owned_;
};

} // namespace lazaret::arguments

#include "subscriber/model.hpp"

#include "core/names.hpp"

namespace lazaret::subscriber {

namespace {

constexpr std::array<Name<Class>, 4> classes{{{Class::dynamic, "dynamic"},
                                              {Class::fixed, "static"},
                                              {Class::business, "business"},
                                              {Class::trusted, "trusted"}}};

constexpr std::array<Name<Level>, 5> levels{{{Level::watch, "watch"},
                                             {Level::throttle, "throttle"},
                                             {Level::divert, "divert"},
                                             {Level::block, "block"},
                                             {Level::garden, "garden"}}};

constexpr std::array<Name<Scope>, 4> scopes{{{Scope::everything, "everything"},
                                             {Scope::account, "account"},
                                             {Scope::address, "address"},
                                             {Scope::bounces, "bounces"}}};

} // namespace

std::string_view to_string(Class value) {
    return name_of(classes, value);
}
Result<Class> parse_class(std::string_view text) {
    return value_of(classes, text, "a class");
}

std::string_view to_string(Level level) {
    return name_of(levels, level);
}
Result<Level> parse_level(std::string_view text) {
    return value_of(levels, text, "a quarantine level");
}

std::string_view to_string(Scope scope) {
    return name_of(scopes, scope);
}
Result<Scope> parse_scope(std::string_view text) {
    return value_of(scopes, text, "a scope of a quarantine");
}

std::string in_words(Scope scope, std::string_view part) {
    std::string text(to_string(scope));
    if (!part.empty()) text.append(" ").append(part);
    return text;
}

} // namespace lazaret::subscriber

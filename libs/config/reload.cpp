#include "config/reload.hpp"

#include "config/options.hpp"

namespace lazaret::config {

std::vector<std::string> changed_but_not_reloadable(const Config& running, const Config& fresh) {
    std::vector<std::string> names;
    for (const auto& option : options())
        if (option.change == Change::on_restart && option.literal(running) != option.literal(fresh))
            names.push_back(option.name());
    return names;
}

Config reloaded(const Config& running, const Config& fresh) {
    Config next = running;
    for (const auto& option : options())
        if (option.change == Change::on_reload) option.copy(fresh, next);
    next.dns_lists = fresh.dns_lists;
    next.content_policies = fresh.content_policies;
    return next;
}

} // namespace lazaret::config

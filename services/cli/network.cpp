// network import, list

#include "cli/commands.hpp"
#include "cli/import.hpp"
#include "cli/output.hpp"
#include "store/directory.hpp"

#include <memory>

namespace lazaret::cli {

namespace {

void list(Context& context) {
    auto networks = value_or_fail(store::list_networks(context.database()));
    if (context.json) {
        Json json = Json::array();
        for (const auto& network : networks)
            json.push_back(to_json(network));
        return print_json(json);
    }
    Table table({"NETWORK", "CLASS", "RELAY", "SUBSCRIBER", "PLAN"});
    for (const auto& network : networks)
        table.add({network.block.to_string(), std::string(subscriber::to_string(network.klass)),
                   network.relay ? "yes" : "no", network.subscriber.empty() ? "-" : network.subscriber,
                   network.plan.empty() ? "-" : network.plan});
    table.print();
}

} // namespace

void add_network(arguments::Command& program, Context& context) {
    auto network = program.group("network", "address blocks and their classes");

    struct Import {
        std::string file;
        bool dry_run = false;
    };
    auto wanted = std::make_shared<Import>();
    auto import =
        network.add("import", "take over a CSV file: all lines or none; adds and changes, never deletes");
    import.option("FILE", wanted->file, "columns cidr,class,relay,subscriber,plan").required();
    import.flag("--dry-run", wanted->dry_run, "check everything and keep nothing");
    import.run([&context, wanted] {
        store::ImportFiles files;
        files.networks = wanted->file;
        import_files(context, files, wanted->dry_run);
    });
    network.add("list", "all networks").run([&context] { list(context); });
}

} // namespace lazaret::cli

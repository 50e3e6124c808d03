#include "submission/program.hpp"

#include "config/load.hpp"
#include "config/reload.hpp"
#include "config/resolve.hpp"
#include "core/key_file.hpp"
#include "log/log.hpp"
#include "net/init.hpp"
#include "submission/activation.hpp"
#include "submission/notify.hpp"

#include <cstdio>
#include <thread>

namespace lazaret::submission {

namespace {

int complain(int status, const std::string& sentence) {
    std::fprintf(stderr, "lazaret-submission: %s\n", sentence.c_str());
    return status;
}

store::DatabaseSettings database_settings(const config::Config& config) {
    store::DatabaseSettings out;
    out.connection = config.database.connection;
    out.role = config.database.submission_role;
    out.application = "lazaret-submission " + config.node.name;
    out.connect_timeout = config.database.connect_timeout;
    return out;
}

/// The folders of this node's state; one sentence when one cannot be made.
Result<void> make_folders(const config::Config& config) {
    for (const auto& folder : {config.node.state_dir, config.server.spool_dir}) {
        std::error_code failed;
        std::filesystem::create_directories(folder, failed);
        if (failed) return Error("cannot make the folder " + folder.string() + ": " + failed.message());
    }
    return {};
}

} // namespace

int Program::run() {
    if (const int status = prepare(); status != exits::ok) return status;
    if (const int status = listen(); status != exits::ok) return status;
    return serve();
}

int Program::prepare() {
    auto loaded = config::load(config_file_, overrides_);
    if (!loaded) {
        std::fprintf(stderr, "%s\n", loaded.error().to_string().c_str());
        return exits::configuration;
    }
    log::init(loaded->log.level, loaded->log.format, "lazaret-submission");
    net::init();
    auto settings = Settings::make(*loaded);
    if (!settings) return complain(exits::configuration, settings.error().message);
    const auto& config = (*settings)->config;
    if (auto made = make_folders(config); !made) return complain(exits::os_error, made.error().message);
    auto key = load_or_make_key(config.node.hash_key_file);
    if (!key) return complain(exits::os_error, key.error().message);
    store::JournalSettings keep;
    keep.dir = config.journal.dir;
    keep.node = config.node.name;
    keep.segment_size = config.journal.segment_size;
    keep.max_size = config.journal.max_size;
    auto journal = store::Journal::open(keep);
    if (!journal) return complain(exits::os_error, journal.error().message);
    node_ = std::make_unique<Node>(*settings, std::move(*journal), *key);
    return exits::ok;
}

int Program::listen() {
    const auto settings = node_->settings();
    const auto& config = settings->config;
    auto activation = Activation::from_environment();
    if (!activation) return complain(exits::unavailable, activation.error().message);
    std::vector<net::asio::io_context*> contexts;
    for (unsigned i = 0; i < config.server.threads; ++i) {
        workers_.push_back(std::make_unique<Worker>(*node_));
        contexts.push_back(&workers_.back()->io());
    }
    const std::pair<Port, const std::optional<Endpoint>*> listeners[] = {{Port::submission, &config.submission.listen},
                                                                          {Port::submissions, &config.submissions.listen},
                                                                          {Port::relay, &config.relay.listen},
                                                                          {Port::filter, &config.filter.listen},
                                                                          {Port::policy, &config.policy.listen}};
    for (const auto& [port, listen] : listeners) {
        if (!*listen) continue;
        const auto held = activation->take(to_string(port), **listen);
        for (const int descriptor : held)
            if (const int status = add(port, net::listen_on(descriptor, contexts)); status != exits::ok) return status;
        if (!held.empty()) continue;
        if (const int status = add(port, net::listen(**listen, contexts)); status != exits::ok) return status;
    }
    for (const auto& socket : activation->left())
        log::warn("socket_unused", "the service manager holds a socket that no listener of the configuration wants", {{"socket", socket}});
    control_ = std::make_unique<Control>();
    std::vector<Worker*> workers;
    for (const auto& worker : workers_) workers.push_back(worker.get());
    for (auto* worker : workers) worker->share_with(workers);
    if (auto served = control_->serve_console(config.node.control_socket, *node_, std::move(workers)); !served)
        return complain(exits::unavailable, "cannot listen for operators: " + served.error().message);
    if (config.metrics.submission_listen) {
        if (auto served = control_->serve_http(*config.metrics.submission_listen); !served)
            return complain(exits::unavailable, "cannot listen for metrics: " + served.error().message);
    }
    return exits::ok;
}

int Program::add(Port port, Result<std::vector<std::unique_ptr<net::Listener>>> bound) {
    if (!bound) return complain(exits::unavailable, "cannot listen for " + std::string(to_string(port)) + ": " + bound.error().message);
    log::info("listening", "waiting for clients", {{"listener", to_string(port)}, {"address", bound->front()->local().to_string()}});
    for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i]->add(port, std::move((*bound)[i]));
    return exits::ok;
}

int Program::serve() {
    const auto config = node_->settings()->config;
    store::SnapshotWatchSettings watching;
    watching.database = database_settings(config);
    watching.file = config.node.state_dir / "snapshot.json";
    watch_ = std::make_unique<store::SnapshotWatch>(
        watching, [this](std::shared_ptr<const subscriber::Snapshot> fresh) {
            node_->publish(std::move(fresh));
            numbers().snapshots_loaded.Increment();
        });
    if (auto started = watch_->start(); !started) return complain(exits::unavailable, started.error().message);
    store::ShipperSettings shipping;
    shipping.database = database_settings(config);
    shipper_ = std::make_unique<store::Shipper>(*node_->journal, shipping);
    shipper_->start();
    for (auto& worker : workers_) worker->start();
    log::info("started", "ready for mail", {{"node", config.node.name}, {"threads", config.server.threads},
                                            {"next_hops", config.next_hop.addresses.size()}});

    notify_manager("READY=1");
    control_->run(*node_, *watch_, *shipper_, [this] { reload(); });
    notify_manager("STOPPING=1");
    drain();
    return exits::ok;
}

void Program::reload() {
    auto fresh = config::load(config_file_, overrides_);
    if (!fresh) {
        log::error("reload_failed", "the configuration in force stays: " + fresh.error().to_string());
        return;
    }
    const auto running = node_->settings();
    for (const auto& name : config::changed_but_not_reloadable(running->config, *fresh))
        log::warn("reload_ignored", "this option takes effect at the next restart", {{"option", name}});
    auto merged = config::reloaded(running->config, *fresh);
    // What needs a restart stays as it runs, and the rest has to fit to that.
    if (const auto wrong = config::conflicts(merged); !wrong.empty()) {
        log::error("reload_failed", "the configuration in force stays: " + wrong.front().option + ": " + wrong.front().message);
        return;
    }
    auto settings = Settings::make(std::move(merged));
    if (!settings) {
        log::error("reload_failed", "the configuration in force stays: " + settings.error().message);
        return;
    }
    log::set_level((*settings)->config.log.level);
    node_->publish(*settings);
    for (auto& worker : workers_) worker->reloaded();
    control_->reloaded(**settings);
    log::info("reloaded", "the new configuration is in force");
}

void Program::drain() {
    log::info("draining", "no new connections; messages in progress are finished");
    node_->draining = true;
    for (auto& worker : workers_) worker->drain();
    const auto open_sessions = [this] {
        std::size_t open = 0;
        for (const auto& worker : workers_) open += worker->sessions();
        return open;
    };
    const auto until = std::chrono::steady_clock::now() + node_->settings()->config.server.drain_timeout;
    while (open_sessions() > 0 && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if (const auto left = open_sessions(); left > 0)
        log::warn("drain_timeout", "sessions are cut off", {{"sessions", left}});
    for (auto& worker : workers_) worker->abort();
    for (auto& worker : workers_) worker->join();
    node_->desk.finish(now());
    node_->report_counted(now(), true);
    control_->stop();
    watch_->stop();
    shipper_->stop(std::chrono::seconds(5)); // what cannot be shipped now waits in the journal
    if (auto synced = node_->journal->sync(); !synced) log::error("journal_failed", synced.error().message);
    log::info("stopped", "drained", {{"events_waiting", shipper_->depth()}});
}

} // namespace lazaret::submission

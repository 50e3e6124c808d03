#include "engine/program.hpp"

#include "config/load.hpp"
#include "config/reload.hpp"
#include "core/key_file.hpp"
#include "engine/metrics.hpp"
#include "files/engine.hpp"
#include "log/log.hpp"
#include "net/init.hpp"

#include <cstdio>

namespace lazaret::engine {
namespace {

constexpr Duration look_at_outbox = std::chrono::seconds(10);

int complain(int status, const std::string& sentence) {
    std::fprintf(stderr, "lazaret-engine: %s\n", sentence.c_str());
    return status;
}

store::DatabaseSettings database_settings(const config::Config& config) {
    store::DatabaseSettings out;
    out.connection = config.database.connection;
    out.role = config.database.engine_role;
    out.application = "lazaret-engine " + config.node.name;
    out.connect_timeout = config.database.connect_timeout;
    return out;
}

IngestSettings ingest_settings(const config::Config& config, const detect::Options& detection) {
    IngestSettings out;
    out.database = database_settings(config);
    out.detection = detection;
    out.policy = Policy(config);
    out.tick = config.engine.tick;
    out.exhibits = config.exhibits.keep_for;
    out.events = config.engine.keep_events;
    return out;
}

} // namespace

int Program::run() {
    auto loaded = config::load(config_file_, overrides_);
    if (!loaded) {
        std::fprintf(stderr, "%s\n", loaded.error().to_string().c_str());
        return exits::configuration;
    }
    config_ = std::move(*loaded);
    log::init(config_.log.level, config_.log.format, "lazaret-engine");
    net::init();
    numbers();
    std::vector<config::Conflict> wrong;
    auto files = files::Engine::load(config_, wrong);
    if (!files) return complain(exits::configuration, to_string(wrong));
    if (auto made = make_outcomes(); !made) return complain(exits::os_error, made.error().message);
    if (files->tickets)
        outbox_ = std::make_unique<respond::OutboxWorker>(database_settings(config_), std::move(*files->tickets), look_at_outbox);
    ingest_ = std::make_unique<Ingest>(ingest_settings(config_, files->detection));
    control_ = std::make_unique<Control>();
    if (config_.metrics.engine_listen)
        if (auto served = control_->serve_http(*config_.metrics.engine_listen); !served)
            return complain(exits::unavailable, "cannot listen for metrics: " + served.error().message);

    ingest_->start();
    outcomes_->start();
    if (outbox_) outbox_->start();
    log::info("started", "watching",
              {{"node", config_.node.name},
               {"logs", config_.engine.postfix_logs.size()},
               {"journal_units", config_.engine.postfix_units.size()},
               {"tickets", outbox_ != nullptr}});
    control_->run([this] { reload(); });
    outcomes_->stop();
    ingest_->stop();
    if (outbox_) outbox_->stop();
    log::info("stopped", "everything that was taken over is committed");
    return exits::ok;
}

Result<void> Program::make_outcomes() {
    OutcomesSettings settings;
    settings.node = config_.node.name;
    settings.database = database_settings(config_);
    settings.logs = config_.engine.postfix_logs;
    settings.units = config_.engine.postfix_units;
    if (!settings.logs.empty() || !settings.units.empty()) {
        auto key = load_or_make_key(config_.node.hash_key_file);
        if (!key) return key.error();
        settings.hash_key = std::move(*key);
    }
    outcomes_ = std::make_unique<Outcomes>(std::move(settings));
    return {};
}

void Program::reload() {
    auto fresh = config::load(config_file_, overrides_);
    if (!fresh) {
        log::error("reload_failed", "the configuration in force stays: " + fresh.error().to_string());
        return;
    }
    for (const auto& name : config::changed_but_not_reloadable(config_, *fresh))
        log::warn("reload_ignored", "this option takes effect at the next restart", {{"option", name}});
    config_ = config::reloaded(config_, *fresh);
    log::set_level(config_.log.level);
    log::info("reloaded", "the new configuration is in force");
}

} // namespace lazaret::engine

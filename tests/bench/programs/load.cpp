// lazaret-bench-load: SMTP clients, as many at once as told, on one thread. Prints one JSON object when it is done.

#include "arguments/command.hpp"
#include "programs/client.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>
#include <set>

#include <arpa/inet.h>
#include <csignal>
#include <openssl/evp.h>
#include <sys/resource.h>
#include <sys/timerfd.h>

using namespace lazaret::bench;

namespace {

using Seconds = std::chrono::duration<double>;
constexpr auto patience = std::chrono::seconds(15); // for what is in progress when the time is over

struct Options {
    std::string host = "127.0.0.1", user, password;
    std::uint16_t port = 0;
    unsigned clients = 16, per_connection = 1, held = 0;
    std::uint64_t messages = 0;
    std::size_t size = 4096;
    double time = 3, rate = 0;
    bool starttls = false, pipeline = false;
};

/// RFC 4616, in base64.
std::string plain_response(const Options& options) {
    if (options.user.empty()) return {};
    const std::string message = '\0' + options.user + '\0' + options.password;
    std::string out(4 * ((message.size() + 2) / 3) + 1, '\0');
    out.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                                        reinterpret_cast<const unsigned char*>(message.data()),
                                                        static_cast<int>(message.size()))));
    return out;
}

/// The clients of one run.
class Load {
  public:
    explicit Load(const Options& options)
        : options_(options), until_(Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(options.time))),
          tally_(options.held ? options.held : options.messages, until_) {
        orders_.server.sin_family = AF_INET;
        orders_.server.sin_port = htons(options.port);
        inet_pton(AF_INET, options.host.c_str(), &orders_.server.sin_addr);
        orders_.first_source = (127u << 24) + (1u << 8) + 1; // 127.0.1.1 to 127.0.1.250: enough ports for those in TIME_WAIT
        orders_.sources = 250;
        if (options.starttls) orders_.tls = client_context();
        orders_.auth = plain_response(options);
        orders_.content = make_content(options.size);
        orders_.messages = options.per_connection;
        orders_.pipeline = options.pipeline;
        orders_.hold = options.held > 0;
    }

    /// As many at once as told, each followed by another, until there is no next message.
    nlohmann::json closed_loop() {
        while (open_.size() < options_.clients && start(Clock::now())) {}
        while (!open_.empty() && Clock::now() < until_ + patience)
            turn([this] { start(Clock::now()); });
        return report();
    }

    /// Connections at times that do not depend on how long the ones before take; latency counts from that time.
    nlohmann::json open_loop() {
        const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        poller_.add(timer, nullptr, EPOLLIN);
        const auto pause = std::chrono::duration_cast<Clock::duration>(Seconds(1 / options_.rate));
        auto due = Clock::now();
        for (bool more = true; (more || !open_.empty()) && Clock::now() < until_ + patience;) {
            for (; more && due <= Clock::now(); due += pause)
                more = start(due);
            const auto at = std::chrono::duration_cast<std::chrono::nanoseconds>(due.time_since_epoch()).count();
            const itimerspec when = {{0, 0}, {at / 1000000000, at % 1000000000}}; // also forgets the last expiry
            if (more) timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, nullptr);
            turn([] {});
        }
        close(timer);
        return report();
    }

    /// Connections that get ready for MAIL and stay until stdin ends.
    nlohmann::json hold() {
        while (open_.size() < options_.clients && start(Clock::now())) {}
        while (held() < open_.size() && Clock::now() < until_ + patience)
            turn([] {}, [this] { start(Clock::now()); });
        const auto ready = held();
        std::printf("%s\n", nlohmann::json({{"held", ready}}).dump().c_str());
        std::fflush(stdout);
        int ending = 0;
        if (!poller_.add(STDIN_FILENO, &ending, EPOLLIN)) ending = 1; // not a pipe: nobody would ever end it
        for (char octet = 0; !ending;)
            poller_.wait(1000, [&](void* owner) {
                if (owner == &ending) ending = read(STDIN_FILENO, &octet, 1) <= 0;
                else serve(static_cast<Client*>(owner), [] {});
            });
        auto out = report();
        out["held"] = held();
        for (const auto& client : open_)
            client->leave();
        return out;
    }

  private:
    bool start(Clock::time_point since) {
        const auto number = tally_.next();
        if (!number) return false;
        auto client = std::make_unique<Client>(orders_, tally_, poller_, *number, since);
        if (client->state() != Client::State::ended) open_.insert(std::move(client));
        return true;
    }

    /// One round of the poller; `after` is called for each client that ended, `settled` for each that got ready to be held.
    template <class After, class Settled> void turn(After&& after, Settled&& settled) {
        poller_.wait(100, [&](void* owner) {
            if (!owner) return; // the timer
            auto* client = static_cast<Client*>(owner);
            const bool was_held = client->state() == Client::State::held;
            if (!serve(client, after) && !was_held && client->state() == Client::State::held) settled();
        });
    }
    template <class After> void turn(After&& after) {
        turn(after, [] {});
    }

    /// True if that was its end, and it is gone.
    template <class After> bool serve(Client* client, After&& after) {
        const bool was_held = client->state() == Client::State::held;
        client->ready();
        if (was_held != (client->state() == Client::State::held)) was_held ? --held_ : ++held_;
        if (client->state() != Client::State::ended) return false;
        open_.erase(open_.find(client));
        after();
        return true;
    }

    std::size_t held() const { return held_; }

    nlohmann::json report() {
        if (!orders_.hold)
            for (std::size_t i = 0; i < open_.size(); ++i)
                tally_.failed("not answered in time");
        auto out = tally_.report();
        rusage used = {};
        getrusage(RUSAGE_SELF, &used);
        out["cpu_seconds"] = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                             1e-6 * static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
        return out;
    }

    struct Less {
        using is_transparent = void;
        static const Client* raw(const std::unique_ptr<Client>& client) { return client.get(); }
        static const Client* raw(const Client* client) { return client; }
        template <class A, class B> bool operator()(const A& a, const B& b) const { return raw(a) < raw(b); }
    };

    const Options options_;
    const Clock::time_point until_;
    Tally tally_;
    Orders orders_;
    Poller poller_;
    std::set<std::unique_ptr<Client>, Less> open_;
    std::size_t held_ = 0;
};

} // namespace

int main(int argc, char** argv) {
    Options options;
    lazaret::arguments::Program program("lazaret-bench-load",
                                        "SMTP clients that send numbered messages and print what became of them, as JSON.");
    program.option("--host", options.host, "IPv4 address of the server").shows_default();
    program.option("--port", options.port, "Port of the server").required();
    program.option("--clients", options.clients, "Connections at once").shows_default().between(1, 20000);
    program.option("--per-connection", options.per_connection, "Messages of a connection").shows_default();
    program.option("--messages", options.messages, "Messages in all; 0 is no bound").shows_default();
    program.option("--time", options.time, "Seconds after which no message is begun").shows_default();
    program.option("--size", options.size, "Octets of a message").shows_default();
    program.option("--rate", options.rate, "Connections begun per second, whatever becomes of them; 0 is as fast as it goes");
    program.option("--hold", options.held, "Open so many connections, say so, keep them until stdin ends");
    program.option("--user", options.user, "AUTH PLAIN with this name");
    program.option("--password", options.password, "and this password");
    program.flag("--starttls", options.starttls, "STARTTLS after the first EHLO");
    program.flag("--pipeline", options.pipeline, "MAIL, RCPT and DATA in one write");
    if (const auto status = program.parse_or_tell(argc, argv)) return *status;
    std::signal(SIGPIPE, SIG_IGN); // OpenSSL writes without MSG_NOSIGNAL
    Load load(options);
    const auto result = options.held ? load.hold() : options.rate > 0 ? load.open_loop() : load.closed_loop();
    std::printf("%s\n", result.dump().c_str());
    return result["failures"].empty() ? 0 : 1;
}

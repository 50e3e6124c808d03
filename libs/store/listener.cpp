#include "store/listener.hpp"

#include "store/transaction.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace lazaret::store {

namespace {

class Receiver : public pqxx::notification_receiver {
  public:
    Receiver(pqxx::connection_base& connection, const std::string& channel, std::vector<Notification>& out)
        : pqxx::notification_receiver(connection, channel), out_(out) {}
    void operator()(const std::string& payload, int) override { out_.push_back({channel(), payload}); }

  private:
    std::vector<Notification>& out_;
};

} // namespace

struct Listener::Session {
    Database database;
    std::vector<Notification> received;
    std::vector<std::unique_ptr<Receiver>> receivers; // after database: they unlisten when destroyed
    explicit Session(DatabaseSettings settings) : database(std::move(settings)) {}
};

Listener::Listener(DatabaseSettings settings, std::vector<std::string> channels)
    : settings_(std::move(settings)), channels_(std::move(channels)),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (wake_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Listener::~Listener() {
    session_.reset();
    close(wake_fd_);
}

bool Listener::connected() const noexcept {
    return session_ != nullptr;
}

Result<void> Listener::connect() {
    session_.reset();
    auto session = std::make_unique<Session>(settings_);
    auto connection = session->database.open();
    if (!connection) return connection.error();
    try {
        for (const std::string& channel : channels_)
            session->receivers.push_back(
                std::make_unique<Receiver>((*connection)->session, channel, session->received));
    } catch (const std::exception& error) {
        return Error(std::string("cannot listen for notifications: ") + error.what(), true);
    }
    session_ = std::move(session);
    return {};
}

Result<std::vector<Notification>> Listener::wait(Duration timeout) {
    if (!session_) return Error("not connected to the database", true);
    auto& connection = session_->database.open().value()->session;
    std::vector<Notification>& received = session_->received;
    auto end = std::chrono::steady_clock::now() + timeout;
    try {
        for (;;) {
            // Before the wait: libpq may hold notifications that came along with an earlier answer.
            connection.get_notifs();
            if (!connection.is_open()) break;
            if (!received.empty()) return std::exchange(received, {});
            auto left =
                std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
            if (left < 0) left = 0;
            pollfd waits[2] = {{connection.sock(), POLLIN, 0}, {wake_fd_, POLLIN, 0}};
            int ready = poll(waits, 2, static_cast<int>(std::min<long long>(left, 3'600'000)));
            if (ready < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
            if (ready > 0 && waits[1].revents) {
                std::uint64_t count = 0;
                [[maybe_unused]] auto got = read(wake_fd_, &count, sizeof count);
                return std::exchange(received, {});
            }
            if (ready == 0 && left == 0) return std::exchange(received, {});
        }
    } catch (const std::exception& error) {
        session_.reset();
        return Error(std::string("lost the database connection: ") + error.what(), true);
    }
    session_.reset();
    return Error("lost the database connection", true);
}

void Listener::wake() noexcept {
    std::uint64_t one = 1;
    [[maybe_unused]] auto written = write(wake_fd_, &one, sizeof one);
}

} // namespace lazaret::store

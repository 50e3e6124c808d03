#include "net/listener.hpp"

#include "log/log.hpp"
#include "net/addresses.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

namespace lazaret::net {

namespace {

using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
using Timer = asio::basic_waitable_timer<Deadline::clock, asio::wait_traits<Deadline::clock>, Executor>;
constexpr int backlog = 4096;
constexpr int batch = 32; ///< connections taken before sessions get their turn
constexpr auto pause_when_exhausted = std::chrono::milliseconds(100);

/// A descriptor that closes itself.
class File {
  public:
    explicit File(int descriptor = -1) : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    File& operator=(File&&) = delete;
    int get() const { return descriptor_; }
    int release() { return std::exchange(descriptor_, -1); }

  private:
    int descriptor_;
};

/// A bound socket, not listening yet; -1 with errno.
File bind_to(const asio::ip::tcp::endpoint& at, bool shared) {
    File file(::socket(at.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    if (file.get() < 0) return file;
    const int on = 1;
    ::setsockopt(file.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); // TIME_WAIT is no reason to fail
    if (shared) ::setsockopt(file.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (at.address().is_v6()) ::setsockopt(file.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    ::setsockopt(file.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::bind(file.get(), at.data(), static_cast<socklen_t>(at.size())) != 0) return File();
    return file;
}

std::pair<IpAddress, std::uint16_t> address_of(const sockaddr_storage& from) {
    if (from.ss_family != AF_INET && from.ss_family != AF_INET6) return {IpAddress(), 0};
    return from_sockaddr(reinterpret_cast<const sockaddr&>(from));
}

Error failure_at(const Endpoint& at, int error) {
    return Error(at.to_string() + ": " + std::generic_category().message(error));
}

/// A socket in the file system. One that nobody answers on is what an earlier process left.
Result<int> bind_path(const Endpoint& at) {
    File file(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (file.get() < 0) return failure_at(at, errno);
    const auto where = unix_endpoint(at);
    const auto size = static_cast<socklen_t>(where.size());
    if (::connect(file.get(), where.data(), size) == 0) return failure_at(at, EADDRINUSE);
    if (errno == EAGAIN) return failure_at(at, EADDRINUSE); // somebody's full queue
    struct stat found {};
    if (errno == ECONNREFUSED && ::lstat(at.host.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) ::unlink(at.host.c_str());
    if (::bind(file.get(), where.data(), size) != 0) return failure_at(at, errno);
    if (::chmod(at.host.c_str(), 0660) != 0 || ::listen(file.get(), backlog) != 0) return failure_at(at, errno);
    return file.release();
}

} // namespace

struct Listener::State {
    State(asio::io_context& context, int of_family, int descriptor)
        : io(context), family(of_family), socket(io.get_executor(), descriptor), pause(io.get_executor()) {}

    asio::io_context& io;
    const int family;
    Descriptor socket;
    Timer pause;
    Placer placer;
    Endpoint local;
    std::optional<Deadline::clock::time_point> complained;

    static task<> accept_all(std::shared_ptr<State> self) {
        while (self->socket.is_open()) {
            auto [error] = co_await self->socket.async_wait(Descriptor::wait_read, use_task);
            if (error || !self->socket.is_open()) co_return;
            if (self->accept_batch()) continue;
            self->pause.expires_after(pause_when_exhausted);
            co_await self->pause.async_wait(use_task);
        }
    }

    /// False when the system has no more to give and a pause is due.
    bool accept_batch() {
        for (int i = 0; i < batch && socket.is_open(); ++i) {
            sockaddr_storage from{};
            socklen_t size = sizeof from;
            const int taken = ::accept4(socket.native_handle(), reinterpret_cast<sockaddr*>(&from), &size,
                                        SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (taken < 0) {
                if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
                if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                    complain(std::generic_category().message(errno));
                    return false;
                }
                continue; // the connection was gone before it was taken, or a network error that belongs to
                          // it
            }
            if (!hand_over(taken, from)) return false;
        }
        return true;
    }

    /// False when there is no memory for another connection: nothing of it may end the thread that others live on.
    bool hand_over(int taken, const sockaddr_storage& from) {
        const auto [peer, port] = address_of(from);
        try {
            const auto placed = placer(Arrival(taken, family, peer, port));
            if (!placed) complain(placed.error().message);
            return placed.has_value();
        } catch (const std::bad_alloc&) {
            complain(std::generic_category().message(ENOMEM));
            return false;
        }
    }

    void complain(const std::string& why) {
        const auto at = Deadline::clock::now();
        if (complained && at - *complained < std::chrono::minutes(1)) return;
        complained = at;
        log::error("accept_paused", "No connection can be taken; trying again every 100 ms",
                   {{"listen", local.to_string()}, {"error", why}});
    }
};

Arrival::Arrival(Arrival&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), family_(other.family_), peer_(other.peer_), port_(other.port_) {}

Arrival::~Arrival() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<Accepted> Arrival::open(asio::io_context& io) {
    Socket socket(io.get_executor());
    boost::system::error_code failed;
    socket.assign(Socket::protocol_type(family_, 0), descriptor_, failed); // registers it with epoll
    if (failed) return Error(failed.message(), true);
    descriptor_ = -1;
    return Accepted(std::move(socket), peer_, port_);
}

Listener::Listener(std::shared_ptr<State> state, Endpoint local)
    : state_(std::move(state)), local_(std::move(local)) {
    state_->local = local_;
}

Listener::~Listener() {
    stop();
}

void Listener::start(Handler handler) {
    start_placing([handler = std::move(handler), &io = state_->io](Arrival arrival) -> Result<void> {
        auto connection = arrival.open(io);
        if (!connection) return connection.error();
        handler(*std::move(connection));
        return {};
    });
}

void Listener::start_placing(Placer placer) {
    state_->placer = std::move(placer);
    asio::co_spawn(state_->socket.get_executor(), State::accept_all(state_), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
}

void Listener::stop() {
    boost::system::error_code ignored;
    state_->socket.close(ignored);
    state_->pause.cancel();
}

Result<std::vector<std::unique_ptr<Listener>>> listen(const Endpoint& at,
                                                      std::span<asio::io_context* const> contexts) {
    if (at.is_unix()) {
        auto file = bind_path(at);
        if (!file) return file.error();
        return listen_on(*file, contexts);
    }
    auto wanted = literal_endpoint(at);
    if (!wanted) return wanted.error();
    if (wanted->port() != 0) {
        const File probe = bind_to(*wanted, false);
        if (probe.get() < 0) return failure_at(at, errno);
    }
    std::vector<std::unique_ptr<Listener>> listeners;
    for (auto* io : contexts) {
        File file = bind_to(*wanted, true);
        if (file.get() < 0) return failure_at(at, errno);
        sockaddr_storage bound{};
        socklen_t size = sizeof bound;
        if (::getsockname(file.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) return failure_at(at, errno);
        wanted->port(address_of(bound).second);
        if (::listen(file.get(), backlog) != 0) return failure_at(at, errno);
        auto state = std::make_shared<Listener::State>(*io, wanted->protocol().family(), file.get());
        file.release();
        listeners.push_back(
            std::unique_ptr<Listener>(new Listener(std::move(state), Endpoint(at.host, wanted->port()))));
    }
    return listeners;
}

Result<std::vector<std::unique_ptr<Listener>>> listen_on(int descriptor, std::span<asio::io_context* const> contexts) {
    const File given(descriptor);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(given.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0)
        return Error("inherited socket: " + std::generic_category().message(errno));
    Endpoint local;
    if (bound.ss_family == AF_UNIX) {
        const auto& address = reinterpret_cast<const sockaddr_un&>(bound);
        local.host = std::string(address.sun_path, ::strnlen(address.sun_path, sizeof address.sun_path));
    } else {
        const auto [address, port] = address_of(bound);
        local = Endpoint(address.to_string(), port);
    }
    std::vector<std::unique_ptr<Listener>> listeners;
    for (auto* io : contexts) {
        File own(::fcntl(given.get(), F_DUPFD_CLOEXEC, 3));
        if (own.get() < 0 || ::fcntl(own.get(), F_SETFL, O_NONBLOCK) != 0) return failure_at(local, errno);
        const int on = 1; // connections have it from their listener
        if (bound.ss_family != AF_UNIX) ::setsockopt(own.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        auto state = std::make_shared<Listener::State>(*io, bound.ss_family, own.get());
        own.release();
        listeners.push_back(std::unique_ptr<Listener>(new Listener(std::move(state), local)));
    }
    return listeners;
}

} // namespace lazaret::net

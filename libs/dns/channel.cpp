#include "dns/channel.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#define CARES_NO_DEPRECATED // later c-ares prefer functions that Debian 12's does not have
#include <ares.h>
#include <arpa/nameser.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <stdexcept>
#include <unordered_map>

namespace lazaret::dns {

namespace {

namespace asio = net::asio;
using Clock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, net::Executor>;
using Descriptor = asio::posix::basic_stream_descriptor<net::Executor>;

constexpr int most_records = 16;

void check(int status, const char* what) {
    if (status != ARES_SUCCESS) throw std::runtime_error(std::string(what) + ": " + ares_strerror(status));
}

void init_library() {
    static std::once_flag once;
    std::call_once(once, [] { check(ares_library_init(ARES_LIB_INIT_ALL), "c-ares"); });
}

/// "192.0.2.1:53,[2001:db8::1]:53", as ares_set_servers_ports_csv() reads it.
std::string server_list(const std::vector<Endpoint>& servers) {
    std::string out;
    for (const auto& each : servers) {
        const bool v6 = each.host.find(':') != std::string::npos;
        if (!out.empty()) out += ',';
        out += v6 ? "[" + each.host + "]" : each.host;
        out += ':' + std::to_string(each.port == 0 ? 53 : each.port);
    }
    return out;
}

/// A socket that c-ares has open, and what it waits for.
struct Watch {
    explicit Watch(const net::Executor& executor, int fd) : descriptor(executor, fd) {}
    Descriptor descriptor;
    bool wants_read = false, wants_write = false, reading = false, writing = false;
};

std::pair<Answer, std::chrono::seconds> read(int status, const unsigned char* octets, int size) {
    Answer answer;
    std::chrono::seconds ttl{0};
    std::array<ares_addrttl, most_records> records{};
    int count = most_records;
    if (status == ARES_SUCCESS) status = ares_parse_a_reply(octets, size, nullptr, records.data(), &count);
    if (status == ARES_ENOTFOUND || status == ARES_ENODATA) answer.state = Answer::State::none;
    if (status != ARES_SUCCESS) return {std::move(answer), ttl};
    answer.state = count > 0 ? Answer::State::found : Answer::State::none;
    for (int i = 0; i < count; ++i) {
        const auto& record = records[static_cast<std::size_t>(i)];
        answer.addresses.push_back(IpAddress::from_v4(ntohl(record.ipaddr.s_addr)));
        const auto seconds = std::chrono::seconds(std::max(record.ttl, 0));
        ttl = i == 0 ? seconds : std::min(ttl, seconds);
    }
    return {std::move(answer), ttl};
}

} // namespace

struct Channel::State : std::enable_shared_from_this<Channel::State> {
    explicit State(const net::Executor& with) : executor(with), timer(with) {}

    net::Executor executor;
    Timer timer;
    ares_channel channel = nullptr; // null once it is over
    std::unordered_map<int, std::shared_ptr<Watch>> watches;

    void open(const ResolverSettings& settings) {
        ares_options options{};
        options.timeout = static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(settings.timeout).count());
        options.tries = static_cast<int>(settings.tries);
        options.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
            static_cast<State*>(self)->on_socket(fd, readable != 0, writable != 0);
        };
        options.sock_state_cb_data = this;
        check(ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB),
              "c-ares");
        if (settings.servers.empty()) return;
        const auto servers = server_list(settings.servers);
        const int status = ares_set_servers_ports_csv(channel, servers.c_str());
        if (status == ARES_SUCCESS) return;
        close();
        check(status, servers.c_str());
    }

    void close() {
        if (const auto over = std::exchange(channel, nullptr)) ares_destroy(over); // answers whoever waits
        timer.cancel();
    }

    /// Called by c-ares: what it waits for at a socket, nothing before it closes it.
    void on_socket(int fd, bool readable, bool writable) noexcept { // C is above
        auto& watch = watches[fd];
        if (!readable && !writable) {
            if (watch) watch->descriptor.release(); // c-ares closes it
            watches.erase(fd);
            return;
        }
        if (!watch) watch = std::make_shared<Watch>(executor, fd);
        watch->wants_read = readable;
        watch->wants_write = writable;
        arm(watch, fd);
    }

    void arm(const std::shared_ptr<Watch>& watch, int fd) {
        wait(watch, fd, Descriptor::wait_read, &Watch::wants_read, &Watch::reading);
        wait(watch, fd, Descriptor::wait_write, &Watch::wants_write, &Watch::writing);
    }

    void wait(const std::shared_ptr<Watch>& watch, int fd, Descriptor::wait_type what, bool Watch::*wanted, bool Watch::*waiting) {
        if (!((*watch).*wanted) || (*watch).*waiting) return;
        (*watch).*waiting = true;
        watch->descriptor.async_wait(what, [self = shared_from_this(), watch, fd, what, wanted,
                                            waiting](const boost::system::error_code& error) {
            (*watch).*waiting = false;
            if (!watch->descriptor.is_open() || !self->channel) return; // c-ares has closed it
            if (error == asio::error::operation_aborted) return;
            const bool is_read = what == Descriptor::wait_read;
            if ((*watch).*wanted) self->process(is_read ? fd : ARES_SOCKET_BAD, is_read ? ARES_SOCKET_BAD : fd);
            if (watch->descriptor.is_open() && self->channel) self->wait(watch, fd, what, wanted, waiting);
        });
    }

    void process(ares_socket_t readable, ares_socket_t writable) {
        ares_process_fd(channel, readable, writable);
        set_timer();
    }

    /// For the next of c-ares' own deadlines.
    void set_timer() {
        timeval left{};
        if (!channel || !ares_timeout(channel, nullptr, &left)) {
            timer.cancel();
            return;
        }
        timer.expires_after(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec + 1000));
        timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (!error && self->channel) self->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        });
    }
};

Channel::Channel(net::Executor executor, const ResolverSettings& settings) : state_(std::make_shared<State>(executor)) {
    init_library();
    state_->open(settings);
}

Channel::~Channel() {
    state_->close();
}

void Channel::ask(const std::string& name, Handler handler) {
    auto* held = new Handler(std::move(handler)); // c-ares calls back exactly once
    const auto done = [](void* arg, int status, int, unsigned char* octets, int size) {
        const std::unique_ptr<Handler> mine(static_cast<Handler*>(arg));
        auto [answer, ttl] = read(status, octets, size);
        (*mine)(std::move(answer), ttl);
    };
    ares_query(state_->channel, name.c_str(), ns_c_in, ns_t_a, done, held);
    state_->set_timer();
}

} // namespace lazaret::dns

#include "dns/channel.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#define CARES_NO_DEPRECATED // later c-ares prefer functions that Debian 12's does not have
#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>
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

/// Of records whose time to live c-ares does not tell.
constexpr std::chrono::seconds usual_ttl{300};
constexpr std::size_t most_text = 16 * 1024;

struct FreeData {
    void operator()(void* data) const { ares_free_data(data); }
};
struct FreeHost {
    void operator()(hostent* host) const { ares_free_hostent(host); }
};

/// What is read out of one reply.
struct Records {
    Answer answer;
    std::chrono::seconds ttl = usual_ttl;
    std::size_t octets = 0; ///< of the texts

    void add(const IpAddress& address, int seconds) {
        const auto good = std::chrono::seconds(std::max(seconds, 0));
        ttl = answer.addresses.empty() ? good : std::min(ttl, good);
        answer.addresses.push_back(address);
    }
    void add(std::string text) {
        octets += text.size();
        if (octets <= most_text) answer.texts.push_back(std::move(text));
    }
};

int read_a(const unsigned char* octets, int size, Records& into) {
    std::array<ares_addrttl, most_records> records{};
    int count = most_records;
    const int status = ares_parse_a_reply(octets, size, nullptr, records.data(), &count);
    for (int i = 0; status == ARES_SUCCESS && i < count; ++i) {
        const auto& record = records[static_cast<std::size_t>(i)];
        into.add(IpAddress::from_v4(ntohl(record.ipaddr.s_addr)), record.ttl);
    }
    return status;
}

int read_aaaa(const unsigned char* octets, int size, Records& into) {
    std::array<ares_addr6ttl, most_records> records{};
    int count = most_records;
    const int status = ares_parse_aaaa_reply(octets, size, nullptr, records.data(), &count);
    for (int i = 0; status == ARES_SUCCESS && i < count; ++i) {
        const auto& record = records[static_cast<std::size_t>(i)];
        std::array<std::uint8_t, 16> bytes{};
        std::copy_n(record.ip6addr._S6_un._S6_u8, bytes.size(), bytes.begin());
        into.add(IpAddress::from_v6(bytes), record.ttl);
    }
    return status;
}

int read_mx(const unsigned char* octets, int size, Records& into) {
    ares_mx_reply* first = nullptr;
    const int status = ares_parse_mx_reply(octets, size, &first);
    const std::unique_ptr<ares_mx_reply, FreeData> owner(first);
    std::vector<const ares_mx_reply*> all;
    for (const auto* each = first; each; each = each->next) all.push_back(each);
    std::stable_sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return a->priority < b->priority; });
    for (const auto* each : all) into.add(each->host);
    return status;
}

int read_ptr(const unsigned char* octets, int size, Records& into) {
    hostent* host = nullptr;
    const int status = ares_parse_ptr_reply(octets, size, nullptr, 0, AF_INET, &host);
    const std::unique_ptr<hostent, FreeHost> owner(host);
    for (char** name = host ? host->h_aliases : nullptr; name && *name; ++name) into.add(*name);
    return status;
}

int read_txt(const unsigned char* octets, int size, Records& into) {
    ares_txt_ext* first = nullptr;
    const int status = ares_parse_txt_reply_ext(octets, size, &first);
    const std::unique_ptr<ares_txt_ext, FreeData> owner(first);
    for (const auto* each = first; each;) {
        std::string text;
        do {
            text.append(reinterpret_cast<const char*>(each->txt), each->length);
            each = each->next;
        } while (each && !each->record_start);
        into.add(std::move(text));
    }
    return status;
}

/// How the records of a type are asked for and read.
struct Reading {
    int code;
    int (*read)(const unsigned char* octets, int size, Records& into);
};

Reading reading(Type type) {
    switch (type) {
    case Type::a: break;
    case Type::aaaa: return {ns_t_aaaa, read_aaaa};
    case Type::mx: return {ns_t_mx, read_mx};
    case Type::ptr: return {ns_t_ptr, read_ptr};
    case Type::txt: return {ns_t_txt, read_txt};
    }
    return {ns_t_a, read_a};
}

Records read(Type type, int status, const unsigned char* octets, int size) {
    Records records;
    if (status == ARES_SUCCESS) status = reading(type).read(octets, size, records);
    const auto& [answer, ttl, length] = records;
    const bool empty = answer.addresses.empty() && answer.texts.empty();
    if (status == ARES_ENOTFOUND || status == ARES_ENODATA || (status == ARES_SUCCESS && empty && length == 0))
        records.answer.state = Answer::State::none;
    else if (status == ARES_SUCCESS && length <= most_text)
        records.answer.state = Answer::State::found;
    return records;
}

/// A question under way.
struct Asked {
    Type type;
    Channel::Handler handler;
};

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

void Channel::ask(const Question& question, Handler handler) {
    auto* held = new Asked{question.type, std::move(handler)}; // c-ares calls back exactly once
    const auto done = [](void* arg, int status, int, unsigned char* octets, int size) {
        const std::unique_ptr<Asked> mine(static_cast<Asked*>(arg));
        auto records = read(mine->type, status, octets, size);
        mine->handler(std::move(records.answer), records.ttl);
    };
    ares_query(state_->channel, question.name.c_str(), ns_c_in, reading(question.type).code, done, held);
    state_->set_timer();
}

} // namespace lazaret::dns

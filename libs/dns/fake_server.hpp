#pragma once
// For tests only: a name server on a loopback port of its own that says what it is told.

#include "core/address.hpp"
#include "net/task.hpp"

#include <boost/asio/ip/udp.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lazaret::dns::test {

class FakeServer {
  public:
    enum class Say { answer, server_failure, refused, nothing, nonsense };
    struct Record {
        std::vector<const char*> addresses = {}; ///< A and AAAA
        std::uint32_t ttl = 60;
        std::vector<std::string> txt = {}, mx = {}, ptr = {};
    };

    explicit FakeServer(net::asio::io_context& io)
        : socket_(io, Udp::endpoint(net::asio::ip::address_v4::loopback(), 0)) {
        receive();
    }

    std::map<std::string, Record> records; ///< by lower-case name without the last dot; others do not exist
    const Record* wildcard = nullptr;      ///< for names without a record
    Say say = Say::answer;
    std::vector<std::string> asked;

    void close() { socket_.close(); }
    Endpoint address() const { return Endpoint("127.0.0.1", socket_.local_endpoint().port()); }

  private:
    using Udp = net::asio::ip::udp;

    void receive() {
        socket_.async_receive_from(net::asio::buffer(in_), peer_, [this](const boost::system::error_code& error, std::size_t size) {
            if (error) return;
            const auto reply = reply_to(std::string(in_.data(), size));
            boost::system::error_code ignored;
            if (!reply.empty()) socket_.send_to(net::asio::buffer(reply), peer_, 0, ignored);
            receive();
        });
    }

    static std::string number(std::uint32_t value, int octets) {
        std::string out;
        while (octets-- > 0)
            out += static_cast<char>(value >> 8 * octets & 0xFF);
        return out;
    }

    /// RFC 1035 3.1.
    static std::string encoded(const std::string& name) {
        std::string out;
        for (std::size_t at = 0; at < name.size();) {
            const auto end = std::min(name.find('.', at), name.size());
            out += number(static_cast<std::uint32_t>(end - at), 1) + name.substr(at, end - at);
            at = end + 1;
        }
        return out + '\0';
    }

    /// RFC 1035 3.3.14: strings of at most 255 octets.
    static std::string strings(const std::string& text) {
        std::string out;
        for (std::size_t at = 0; at == 0 || at < text.size(); at += 255) {
            const auto piece = text.substr(at, 255);
            out += number(static_cast<std::uint32_t>(piece.size()), 1) + piece;
        }
        return out;
    }

    /// RDATA of each record of that type.
    static std::vector<std::string> data(const Record& record, unsigned type) {
        std::vector<std::string> out;
        for (const char* each : record.addresses) {
            const auto address = IpAddress::parse(each).value();
            const auto* bytes = reinterpret_cast<const char*>(address.bytes().data());
            if (address.is_v4() && type == 1) out.emplace_back(bytes + 12, 4);
            if (!address.is_v4() && type == 28) out.emplace_back(bytes, 16);
        }
        for (std::size_t i = 0; type == 15 && i < record.mx.size(); ++i)
            out.push_back(number(static_cast<std::uint32_t>(10 * i), 2) + encoded(record.mx[i]));
        for (const auto& each : record.ptr)
            if (type == 12) out.push_back(encoded(each));
        for (const auto& each : record.txt)
            if (type == 16) out.push_back(strings(each));
        return out;
    }

    /// RFC 1035 4.1: header, the one question, its records.
    std::string reply_to(const std::string& query) {
        if (query.size() < 17) return {};
        std::string name;
        std::size_t at = 12;
        while (at < query.size() && query[at] != 0) {
            const auto length = static_cast<std::size_t>(query[at]);
            name += (name.empty() ? "" : ".") + query.substr(at + 1, length);
            at += length + 1;
        }
        const auto question = query.substr(12, at + 5 - 12);
        asked.push_back(name);
        if (say == Say::nothing) return {};
        if (say == Say::nonsense) return query.substr(0, 2) + std::string(30, '\xFF');
        const auto found = records.find(name);
        const Record* record = found != records.end() ? &found->second : wildcard;
        const unsigned code = say == Say::server_failure ? 2 : say == Say::refused ? 5 : record ? 0 : 3;
        const auto type = static_cast<unsigned>(static_cast<unsigned char>(query[at + 2]));
        const auto found_data = code == 0 ? data(*record, type) : std::vector<std::string>();
        std::string out = query.substr(0, 2) + number(0x8180 | code, 2) + number(1, 2) +
                          number(static_cast<std::uint32_t>(found_data.size()), 2) + number(0, 4) + question;
        for (const auto& each : found_data)
            out += number(0xC00C, 2) + number(type, 2) + number(1, 2) + number(record->ttl, 4) +
                   number(static_cast<std::uint32_t>(each.size()), 2) + each;
        return out;
    }

    Udp::socket socket_;
    Udp::endpoint peer_;
    std::array<char, 1500> in_{};
};

} // namespace lazaret::dns::test

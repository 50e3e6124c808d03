// For tests only: asks one DNS list by a name server, and prints each subject that it has on a line of its own, then "off"
// where the list is not believed; or what SPF comes to.
//   dns_probe SERVER addresses|domains ZONE SUBJECT...
//   dns_probe SERVER spf CLIENT DOMAIN LOCAL-PART HELO

#include "dns/lists.hpp"
#include "dns/spf.hpp"
#include "metrics/registry.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cstdio>
#include <exception>

using namespace lazaret;

namespace {

net::task<> look_up(dns::Lists& lists, std::vector<std::string> domains, std::vector<IpAddress> addresses) {
    const auto reports = co_await lists.look_up(std::move(domains), std::move(addresses), std::chrono::seconds(10));
    for (const auto& report : reports)
        for (const auto& subject : report.listed) std::puts(subject.c_str());
}

net::task<> check_host(dns::Resolver& resolver, dns::SpfQuestion question) {
    const auto verdict = co_await dns::check_host(resolver, std::move(question), std::chrono::seconds(20));
    std::puts(std::string(to_string(verdict)).c_str());
}

void run(net::asio::io_context& io, net::task<> main) {
    net::asio::co_spawn(io, std::move(main), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
}

} // namespace

int main(int count, char** words) {
    const auto server = Endpoint::parse(count > 4 ? words[1] : "");
    if (!server) {
        std::fprintf(stderr, "dns_probe SERVER addresses|domains ZONE SUBJECT... or SERVER spf CLIENT DOMAIN LOCAL-PART HELO\n");
        return 2;
    }
    dns::ResolverSettings settings;
    settings.servers = {*server};
    settings.timeout = std::chrono::seconds(1);
    net::asio::io_context io{1};
    dns::Resolver resolver(io.get_executor(), settings);
    const std::string_view what = words[2];
    if (what == "spf" && count == 7) {
        dns::SpfQuestion question(IpAddress::parse(words[3]).value(), words[4], words[6]);
        question.local = words[5];
        run(io, check_host(resolver, std::move(question)));
        return 0;
    }
    const bool of_addresses = what == "addresses";
    std::vector<std::string> domains;
    std::vector<IpAddress> addresses;
    for (int i = 4; i < count; ++i) {
        if (of_addresses) addresses.push_back(IpAddress::parse(words[i]).value());
        else domains.emplace_back(words[i]);
    }
    dns::Lists lists({dns::List("probe", words[3], of_addresses ? dns::List::Of::addresses : dns::List::Of::domains)}, resolver);
    run(io, look_up(lists, std::move(domains), std::move(addresses)));
    if (metrics::expose().find("lazaret_dns_list_off{list=\"probe\"} 1") != std::string::npos) std::puts("off");
    return 0;
}

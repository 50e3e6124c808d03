// A whole session: client, edge and next hop, each of the two ends as the input has it (session/script.hpp). Demanded is
// what the project promises: acknowledged exactly when the next hop has recorded it and said so, once, with the same envelope
// and octets; no bare newline and no NUL to the next hop; an end to everything; limits and events that agree with it.
//
// First octet: what the hop does not offer ('0': it offers all but CHUNKING), and the highest bit that it offers CHUNKING. Second:
// our options ('0': the defaults): '1' refuses bare newlines, '2' limits recipients, '4' is the port for submission instead of 25.

#include "auth/verifier.hpp"
#include "core/text.hpp"
#include "event/event.hpp"
#include "fuzz/session/client.hpp"
#include "fuzz/session/clock.hpp"
#include "fuzz/session/hop.hpp"
#include "fuzz/session/script.hpp"
#include "fuzz/session/transcript.hpp"
#include "log/log.hpp"
#include "net/init.hpp"
#include "net/listener.hpp"
#include "net/test_support.hpp"
#include "smtp/data_reference_test.hpp"
#include "subscriber/snapshot.hpp"
#include "submission/node.hpp"
#include "submission/worker.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>

using namespace lazaret;
using namespace lazaret::fuzz;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t max_message = 90000;
constexpr std::size_t max_recipients = 5, max_received = 4, max_errors = 6;

/// What lives as long as the process: the hop, the journal, the node with its threads.
class World {
  public:
    World() {
        log::init(log::Level::error, log::Format::plain, "fuzz_whole_session");
        net::init();
        folder_ = std::filesystem::temp_directory_path() / ("lazaret-fuzz-" + std::to_string(::getpid()));
        std::filesystem::create_directories(folder_ / "spool");
        store::JournalSettings keep;
        keep.dir = folder_ / "journal";
        keep.node = "fuzz";
        keep.segment_size = 1 << 20;
        auto journal = store::Journal::open(keep);
        check(journal.has_value(), "the journal opens");
        const net::test::Certificate certificate;
        std::ofstream(folder_ / "cert.pem") << certificate.certificate;
        std::ofstream(folder_ / "key.pem") << certificate.key;
        settings_[0] = make_settings(false);
        settings_[1] = make_settings(true);
        node = std::make_unique<submission::Node>(settings_[0], std::move(*journal), std::string(32, 'k'));
    }
    ~World() {
        node.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    const std::shared_ptr<const submission::Settings>& settings(bool reject_bare) const { return settings_[reject_bare ? 1 : 0]; }

    Hop hop;
    std::unique_ptr<submission::Node> node;

  private:
    std::shared_ptr<const submission::Settings> make_settings(bool reject_bare) const {
        config::Config config;
        config.node.name = "fuzz";
        config.node.hostname = "edge.example";
        config.node.state_dir = folder_;
        config.server.spool_dir = folder_ / "spool";
        config.server.spool_memory = 4096;
        config.server.spool_memory_shared = 8 * 20000; // so that some messages go to a file
        config.server.threads = 1;
        config.server.max_message_size = max_message;
        config.server.max_header_size = 20000;
        config.server.max_recipients = max_recipients;
        config.server.max_received = max_received;
        config.server.max_errors = max_errors;
        config.server.command_timeout = 10s;
        config.server.data_timeout = 5s;
        config.server.bare_newline = reject_bare ? config::BareNewline::reject : config::BareNewline::normalize;
        config.auth.max_backoff = 0s; // no run is to feel what another has done
        config.tls.certificates = {folder_ / "cert.pem"};
        config.tls.keys = {folder_ / "key.pem"};
        config.next_hop.addresses = {Endpoint("127.0.0.1", hop.port())};
        config.next_hop.connect_timeout = 1s;
        config.next_hop.reply_timeout = 2s;
        config.next_hop.data_timeout = 3s;
        auto made = submission::Settings::make(std::move(config));
        check(made.has_value(), "the settings are good");
        return *made;
    }

    std::filesystem::path folder_;
    std::shared_ptr<const submission::Settings> settings_[2];
};

World& world() {
    static World one;
    return one;
}

std::vector<std::string> offers(std::uint8_t bits) {
    static const char* const all[] = {"PIPELINING", "SIZE 1000000", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES",
                                      "XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT"};
    std::vector<std::string> out;
    if ((bits & 0x80) != 0) out.emplace_back("CHUNKING");
    for (const char* keyword : all) {
        if ((bits & 1) == 0) out.emplace_back(keyword);
        bits = static_cast<std::uint8_t>(bits >> 1);
    }
    return out;
}

class Run {
  public:
    Run(std::uint8_t hop_bits, std::uint8_t our_bits)
        : reject_bare_((our_bits & 1) != 0), limited_((our_bits & 2) != 0), with_login_((our_bits & 4) != 0),
          subscriber_("S-" + std::to_string(++runs)), node_(*world().node), hop_(world().hop) {
        hop_.reset(offers(hop_bits));
        node_.publish(world().settings(reject_bare_));
        plan_.name = "plan";
        if (limited_) plan_.recipients.per_hour = 3;
        publish(false);
        first_event_ = node_.journal->last_sequence();
        worker_ = std::make_unique<submission::Worker>(node_);
        net::asio::io_context* contexts[] = {&worker_->io()};
        auto bound = net::listen(Endpoint("127.0.0.1", 0), contexts);
        check(bound.has_value(), "the edge listens");
        port_ = bound->front()->local().port;
        worker_->add(with_login_ ? submission::Port::submission : submission::Port::relay, std::move(bound->front()));
        worker_->open();
        settle(); // the pool learns what the hop offers
        client_ = std::make_unique<Client>(port_);
    }

    void play(Script script) {
        const bool early = !script.done() && [&] { Script look = script; return look.next() == '$'; }();
        if (!early) greeted();
        while (!script.done())
            act(script.next(), script);
    }

    void end() {
        client_->half_close();
        for (int i = 0; i < 3000 && (worker_->sessions() > 0 || !client_->ended); ++i) {
            settle();
            pass(100ms);
        }
        check(worker_->sessions() == 0 && client_->ended, "a session comes to its end");
        check(node_.admission.connections() == 0, "its place is given back");
        worker_->drain();
        worker_->join();
        bool over = false;
        for (int i = 0; i < 3000 && !over; ++i) {
            settle();
            over = worker_->io().stopped();
            pass(100ms);
        }
        check(over, "the worker comes to its end");
        judge();
    }

  private:
    void publish(bool confined) {
        subscriber::Directory::Rows rows;
        rows.plans.push_back(plan_);
        subscriber::Subscriber who;
        who.id = subscriber_;
        who.plan = plan_.name;
        rows.subscribers.push_back(who);
        static const std::string verifier = auth::Verifier::make(password).to_string();
        subscriber::Account account;
        account.login = login;
        account.subscriber = subscriber_;
        account.verifier = verifier;
        rows.accounts.push_back(account);
        subscriber::Network here;
        here.block = Cidr(IpAddress::from_v4(0x7F000001), 32);
        here.klass = subscriber::Class::fixed;
        here.relay = true;
        here.subscriber = subscriber_;
        rows.networks.push_back(here);
        std::vector<subscriber::Quarantine> entries;
        if (confined) {
            subscriber::Quarantine entry;
            entry.subscriber = subscriber_;
            entry.reason = "A test confines you";
            entries.push_back(entry);
        }
        auto fresh = std::make_shared<subscriber::Snapshot>();
        fresh->directory = std::make_shared<subscriber::Directory>(std::move(rows));
        fresh->quarantine = std::make_shared<subscriber::QuarantineList>(std::move(entries));
        node_.publish(std::shared_ptr<const subscriber::Snapshot>(fresh));
    }

    /// Turns everybody until nothing moves and no password is being checked.
    void settle() {
        for (turn(); node_.hashing.checks() > 0; turn())
            std::this_thread::sleep_for(100us);
    }
    void turn() {
        int turns = 0;
        for (int still = 0; still < 2; ++turns) {
            bool moved = worker_->io().poll() > 0;
            moved = (client_ && client_->step()) || moved;
            moved = hop_.step() || moved;
            still = moved ? 0 : still + 1;
            check(turns < 200000, "no work without end");
        }
    }
    void pass(std::chrono::milliseconds by) {
        advance(by);
        settle();
    }
    void greeted() {
        for (int i = 0; i < 100 && client_->received.empty() && !client_->ended; ++i)
            pass(100ms);
        check(!client_->received.empty() || client_->ended, "a client is greeted");
    }

    void act(char what, Script& script) {
        Client& client = *client_;
        switch (what) {
        case 'E': client.say("EHLO pc.home.example\r\n"); break;
        case 'H': client.say("HELO pc.home.example\r\n"); break;
        case 'M': client.say(mail_line(script.choose(mail_kinds)) + "\r\n"); break;
        case 'R': client.say(rcpt_line(script.choose(rcpt_kinds)) + "\r\n"); break;
        case 'D': client.say("DATA\r\n"); break;
        case 'X': client.say(".\r\n"); break;
        case 'C': client.say(content_line(script.choose(content_kinds)) + "\r\n"); break;
        case 'B': big(1 + script.choose(64)); break;
        case 'T': client.say("RSET\r\n"); break;
        case 'N': client.say("NOOP\r\n"); break;
        case 'Q': client.say("QUIT\r\n"); break;
        case 'S': client.say("STARTTLS\r\n"); break;
        case 'A': client.say(auth_line(script.choose(auth_kinds)) + "\r\n"); break;
        case 'a': client.say(response_line(script.choose(response_kinds)) + "\r\n"); break;
        case 't':
            settle();
            client.start_tls();
            settle();
            break;
        case '_': settle(); break;
        case '~':
            for (auto i = 5 * (1 + script.choose(32)); i > 0; --i)
                pass(100ms);
            break;
        case '"':
            for (char c = 0; !script.done() && (c = script.next()) != '"';)
                client.say(std::string(1, c));
            break;
        case '!': client.close(); break;
        case '^': client.reset(); break;
        case '|': client.half_close(); break;
        case '$': break;
        case 'h': {
            static const char* const stages[] = {"banner", "ehlo", "xforward", "mail", "rcpt", "data", "dot", "rset"};
            const auto stage = script.choose(std::size(stages));
            hop_.expect(stages[stage], static_cast<Act>(script.choose(static_cast<std::size_t>(Act::count))));
            break;
        }
        case 'k':
            settle();
            hop_.drop_connections();
            break;
        case 'l':
            settle();
            hop_.listen(hop_is_away_);
            hop_is_away_ = !hop_is_away_;
            break;
        case 'u':
            settle();
            hop_.shout();
            break;
        case 'q':
            settle();
            hop_.confine();
            publish(true);
            break;
        default: client.say(std::string(1, what));
        }
    }
    void big(std::size_t pieces) {
        for (; pieces > 0; --pieces) {
            std::string lines;
            for (int i = 0; i < 20; ++i)
                lines += "." + std::to_string(pieces) + std::string(static_cast<std::size_t>(70 - i), 'b') + "\r\n";
            client_->say(lines);
        }
    }

    // What must be true afterwards.

    static bool same(const Acknowledged& told, const Recorded& kept) {
        if (told.rcpts.size() != kept.rcpts.size() || address_of(told.mail) != address_of(kept.mail)) return false;
        // Their order may differ: after a pause the new recipient is asked for first, and the others are repeated.
        const auto addresses = [](const std::vector<std::string>& commands) {
            std::multiset<std::string> all;
            for (const auto& command : commands) all.emplace(address_of(command));
            return all;
        };
        if (addresses(told.rcpts) != addresses(kept.rcpts)) return false;
        const auto read = smtp::reference::read(kept.content + ".\r\n");
        if (!read || read->bare_newline || !read->content.ends_with(told.content)) return false;
        return only_ours(read->content.substr(0, read->content.size() - told.content.size()));
    }
    /// Exactly one Received, at most one Message-ID and Date, and what keeps a body without header apart from them.
    static bool only_ours(std::string_view front) {
        int received = 0, id = 0, date = 0;
        if (front.ends_with("\r\n\r\n")) front.remove_suffix(2);
        for (const auto line : split(front, '\n')) {
            if (line.empty()) continue;
            if (line.starts_with("Received: ")) ++received;
            else if (line.starts_with("Message-ID: ")) ++id;
            else if (line.starts_with("Date: ")) ++date;
            else if (!line.starts_with(' ') && !line.starts_with('\t')) return false;
        }
        return received == 1 && id <= 1 && date <= 1;
    }

    /// Received fields of the header section, which ends at the first line that can be no field.
    static std::size_t hops(std::string_view content) {
        std::size_t found = 0;
        bool first = true;
        for (const auto line : split(content, '\n')) {
            const bool folded = line.starts_with(' ') || line.starts_with('\t');
            const auto name = line.substr(0, std::min(line.find_first_of(" \t:"), line.size()));
            const auto colon = line.find_first_not_of(" \t", name.size());
            const bool field = !name.empty() && colon != std::string_view::npos && line[colon] == ':';
            if (folded ? first : !field) break;
            if (!folded && ascii_iequals(name, "received")) ++found;
            first = false;
        }
        return found;
    }

    void check_one(const Acknowledged& told) const {
        check(told.rcpts.size() <= max_recipients, "recipients are bounded");
        check(told.content.size() <= max_message, "messages are bounded");
        check(told.content.find('\0') == std::string::npos, "no NUL is taken");
        check(!reject_bare_ || !told.bare_newline, "no bare newline is taken where they are refused");
        check(hops(told.content) < max_received, "no loop is taken");
        const auto size = ascii_lowercase(told.mail).find(" size=90001");
        check(size == std::string::npos, "a message that says it is too big is not taken");
        check(!with_login_ || told.logged_in, "only who has logged in may send");
    }

    /// Whether the account's password was told with it. SCRAM's proof cannot stand in a script.
    static bool is_right(const Attempt& attempt) {
        std::vector<std::string> said;
        for (const auto& response : attempt.responses) {
            const auto decoded = base64_decode(response);
            if (!decoded) return false;
            said.push_back(*decoded);
        }
        if (attempt.mechanism == "login") return said.size() == 2 && ascii_iequals(said[0], login) && said[1] == password;
        if (attempt.mechanism != "plain" || said.size() != 1) return false;
        const auto parts = split(said[0], '\0');
        return parts.size() == 3 && ascii_iequals(parts[1], login) && parts[2] == password &&
               (parts[0].empty() || ascii_iequals(parts[0], login));
    }

    /// Each acknowledged message is one record of its own, in order, and no record is left that was acknowledged to us.
    bool agree(const std::vector<Acknowledged>& told, std::size_t i, std::size_t j, bool may_miss) const {
        const auto& kept = hop_.recorded;
        if (j == kept.size()) return i == told.size();
        const bool pairs = i < told.size() && kept[j].told != Recorded::Told::refused && same(told[i], kept[j]);
        if (pairs && agree(told, i + 1, j + 1, may_miss)) return true;
        const bool may_stand_alone = kept[j].told != Recorded::Told::clearly || may_miss;
        return may_stand_alone && agree(told, i, j + 1, may_miss);
    }

    void judge() const {
        if (std::getenv("LAZARET_FUZZ_TELL")) tell();
        const auto transcript = read_transcript(client_->sent, client_->received, client_->tls_from);
        const auto& told = transcript.acknowledged;
        for (const auto& one : told)
            check_one(one);
        for (const auto& attempt : transcript.attempts) {
            const bool right = is_right(attempt);
            check(attempt.code != 235 || (with_login_ && right), "nobody logs in without the password");
            check(attempt.code != 535 || !right, "whoever has the password logs in");
        }
        check(transcript.errors <= max_errors + 1, "who errs again and again has to go");
        const bool may_miss = client_->lost || !transcript.understood;
        check(agree(told, 0, 0, may_miss), "acknowledged exactly when the next hop recorded it");

        std::size_t relayed = 0, recipients = 0;
        auto events = node_.journal->read_after(first_event_, 1000);
        check(events.has_value(), "the journal can be read");
        for (const auto& line : *events) {
            const auto event = event::from_json(line.json);
            check(event.has_value(), "an event can be read");
            if (event->type != event::Type::message_relayed) continue;
            ++relayed;
            recipients += event->recipients.size();
            check(event->account == (with_login_ ? login : ""), "a message is its sender's");
        }
        check(may_miss ? relayed >= told.size() : relayed == told.size(), "every acknowledged message has its event");
        const auto usage = node_.limiter.usage(subscriber_, plan_, lazaret::now());
        check(usage.pending_messages == 0 && usage.pending_recipients == 0, "what was reserved is given back or counted");
        check(usage.windows[2].used == relayed && usage.windows[5].used == recipients, "limits count what was relayed");
        check(!limited_ || usage.windows[4].used <= 3, "limits bind");
        if (node_.journal->size() > (8u << 20))
            check(node_.journal->remove_through(node_.journal->last_sequence()).has_value(), "old events can go");
    }

    /// For whoever looks at a finding.
    void tell() const {
        std::printf("--- said (TLS from octet %zd)\n%s\n--- heard\n%s\n", static_cast<ssize_t>(client_->tls_from), client_->sent.c_str(),
                    client_->received.c_str());
        for (const auto& one : hop_.recorded) {
            std::printf("--- recorded, told %d\n%s\n", static_cast<int>(one.told), one.mail.c_str());
            for (const auto& rcpt : one.rcpts)
                std::printf("%s\n", rcpt.c_str());
            std::printf("%s", one.content.c_str());
        }
        std::fflush(stdout);
    }

    static inline unsigned long runs = 0;
    const bool reject_bare_, limited_, with_login_;
    const std::string subscriber_;
    subscriber::Plan plan_;
    submission::Node& node_;
    Hop& hop_;
    std::unique_ptr<submission::Worker> worker_;
    std::unique_ptr<Client> client_;
    std::uint16_t port_ = 0;
    std::uint64_t first_event_ = 0;
    bool hop_is_away_ = false;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2 || size > 4096) return 0;
    Run run(data[0] ^ '0', data[1] ^ '0');
    run.play(Script(std::string_view(reinterpret_cast<const char*>(data + 2), size - 2)));
    run.end();
    return 0;
}

#include "auth/scram.hpp"

#include "core/hash.hpp"
#include "core/text.hpp"

#include <algorithm>

namespace lazaret::auth {
namespace {

using State = SaslStep::State;
constexpr std::size_t max_nonce = 512, key_size = 32;

/// The part before the next comma; `rest` begins behind it. False at the end of the message.
bool take(std::string_view& rest, std::string_view& part) {
    if (rest.data() == nullptr) return false;
    const auto comma = rest.find(',');
    part = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    return true;
}

/// RFC 5802 5.1: "=2C" and "=3D" stand for comma and equals sign, and no other '=' may be there.
std::optional<std::string> unescape(std::string_view saslname) {
    std::string out;
    while (!saslname.empty()) {
        if (saslname.front() != '=') {
            out += saslname.front();
            saslname.remove_prefix(1);
            continue;
        }
        if (!saslname.starts_with("=2C") && !saslname.starts_with("=3D")) return std::nullopt;
        out += saslname[2] == 'C' ? ',' : '=';
        saslname.remove_prefix(3);
    }
    return out;
}

bool is_nonce(std::string_view text) {
    return !text.empty() && text.size() <= max_nonce &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~' && c != ','; });
}

/// Extensions that we need not understand (RFC 5802 5.1, attr-val): letter, '=', value.
bool is_extension(std::string_view part) {
    const bool letter = !part.empty() && ((part[0] >= 'a' && part[0] <= 'z') || (part[0] >= 'A' && part[0] <= 'Z'));
    return letter && part.size() >= 3 && part[1] == '=' && part.find('\0') == std::string_view::npos;
}

struct ClientFirst {
    std::string_view binding; ///< gs2-cbind-flag: "n", "y" or "p=name"
    std::optional<std::string> authzid;
    std::string login;
    std::string_view nonce;
    std::string_view gs2_header, bare; ///< the two parts of the message
};

std::optional<ClientFirst> parse_first(std::string_view message) {
    ClientFirst out;
    std::string_view rest = message, part;
    if (!take(rest, out.binding) || !take(rest, part)) return std::nullopt;
    if (part.starts_with("a=")) {
        out.authzid = unescape(part.substr(2));
        if (!out.authzid || out.authzid->empty()) return std::nullopt;
    } else if (!part.empty()) {
        return std::nullopt;
    }
    if (rest.data() == nullptr) return std::nullopt;
    out.bare = rest;
    out.gs2_header = message.substr(0, message.size() - rest.size());
    // "m=" in first place would be an extension that must be understood; there is none.
    if (!take(rest, part) || !part.starts_with("n=")) return std::nullopt;
    auto login = unescape(part.substr(2));
    if (!login) return std::nullopt;
    out.login = std::move(*login);
    if (!take(rest, part) || !part.starts_with("r=") || !is_nonce(part.substr(2))) return std::nullopt;
    out.nonce = part.substr(2);
    while (take(rest, part))
        if (!is_extension(part)) return std::nullopt;
    return out;
}

class Scram final : public Exchange {
  public:
    Scram(ExchangeContext context, bool plus) : context_(std::move(context)), plus_(plus) {}

  private:
    SaslStep begin() override { return SaslStep(State::challenge); }

    SaslStep respond(std::string_view response) override {
        if (proven_) return SaslStep(response.empty() ? State::authenticated : State::malformed);
        return server_first_.empty() ? first(response) : final(response);
    }

    /// RFC 5802 6. False: the client asks for what there is not, or somebody between us has hidden what there is.
    bool choose_binding(std::string_view flag) {
        if (flag == "n") return !plus_;
        if (flag == "y") return !plus_ && !context_.plus_offered;
        if (!plus_ || !flag.starts_with("p=")) return false;
        flag.remove_prefix(2);
        if (flag == "tls-exporter") binding_ = context_.bindings.exporter;
        if (flag == "tls-server-end-point") binding_ = context_.bindings.server_end_point;
        return !binding_.empty();
    }

    SaslStep first(std::string_view message) {
        auto parsed = parse_first(message);
        if (!parsed || !name(parsed->login)) return SaslStep(State::malformed);
        if (!choose_binding(parsed->binding)) return SaslStep(State::failed);
        // Nobody may act for another login.
        if (parsed->authzid && !ascii_iequals(*parsed->authzid, login())) return SaslStep(State::failed);
        gs2_header_ = parsed->gs2_header;
        client_first_bare_ = parsed->bare;
        nonce_ = std::string(parsed->nonce) + context_.nonce;
        keys_ = context_.accounts->scram_keys(login());
        server_first_ = "r=" + nonce_ + ",s=" + base64_encode(keys_.salt) + ",i=" + std::to_string(keys_.iterations);
        return SaslStep(State::challenge, server_first_);
    }

    SaslStep final(std::string_view message) {
        const auto last = message.rfind(",p=");
        if (last == std::string_view::npos) return SaslStep(State::malformed);
        const auto without_proof = message.substr(0, last);
        std::string_view rest = without_proof, binding, nonce, part;
        if (!take(rest, binding) || !binding.starts_with("c=") || !take(rest, nonce) || !nonce.starts_with("r="))
            return SaslStep(State::malformed);
        while (take(rest, part))
            if (!is_extension(part)) return SaslStep(State::malformed);
        const auto bound = base64_decode(binding.substr(2));
        const auto proof = base64_decode(message.substr(last + 3));
        if (!bound || !proof || proof->size() != key_size) return SaslStep(State::malformed);

        const std::string all = client_first_bare_ + "," + server_first_ + "," + std::string(without_proof);
        std::string client_key = hmac_sha256(keys_.stored_key, all);
        for (std::size_t i = 0; i < key_size; ++i)
            client_key[i] = static_cast<char>(client_key[i] ^ (*proof)[i]);
        const bool proven = constant_time_equal(sha256(client_key), keys_.stored_key);
        cleanse(client_key);
        const bool same_channel = constant_time_equal(*bound, gs2_header_ + binding_);
        if (!proven || !same_channel || nonce.substr(2) != nonce_) return SaslStep(State::failed);
        proven_ = true;
        // SMTP has no place for data in its success reply: one more challenge, answered by an empty line.
        return SaslStep(State::challenge, "v=" + base64_encode(hmac_sha256(keys_.server_key, all)));
    }

    ExchangeContext context_;
    const bool plus_;
    bool proven_ = false;
    ScramKeys keys_;
    std::string gs2_header_, client_first_bare_, nonce_, server_first_;
    std::string binding_; ///< octets of the channel, "" without
};

} // namespace

std::unique_ptr<Exchange> make_scram(ExchangeContext context, bool plus) {
    return std::make_unique<Scram>(std::move(context), plus);
}

std::string scram_login(std::string_view client_first) {
    auto parsed = parse_first(client_first);
    return parsed ? std::move(parsed->login) : std::string();
}

} // namespace lazaret::auth

#include "respond/signature.hpp"

#include "core/hash.hpp"
#include "core/text.hpp"

#include <fstream>
#include <iterator>

namespace lazaret::respond {

Result<Secret> Secret::parse(std::string_view text) {
    constexpr std::string_view prefix = "whsec_";
    if (!text.starts_with(prefix)) return Error("a signing secret begins with whsec_");
    auto key = base64_decode(text.substr(prefix.size()));
    if (!key) return Error("after whsec_ a signing secret is base64");
    if (key->size() < 24 || key->size() > 64) return Error("a signing secret has 24 to 64 octets");
    Secret secret;
    secret.key_ = std::move(*key);
    return secret;
}

Result<Secret> Secret::load(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return Error("cannot read the signing secret " + file.string());
    std::string text(1024, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    auto secret = parse(trim(text));
    if (!secret) return Error(file.string() + ": " + secret.error().message);
    return secret;
}

std::string Secret::sign(std::string_view id, Time at, std::string_view body) const {
    std::string content;
    content.reserve(id.size() + body.size() + 24);
    content.append(id).append(".").append(timestamp(at)).append(".").append(body);
    return "v1," + base64_encode(hmac_sha256(key_, content));
}

std::string timestamp(Time at) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
}

} // namespace lazaret::respond

#include "mime/structure.hpp"

#include "message/header.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace lazaret::mime {

namespace {

constexpr std::size_t longest_boundary = 256; // RFC 2046 5.1.1 says 70

struct Delimiter {
    std::size_t begin = 0, end = 0; // of its line; begin: also of the line end before it
    bool closes = false;
};

/// The next line in `body` from `at` that is "--BOUNDARY" or "--BOUNDARY--", with white space behind.
std::optional<Delimiter> next_delimiter(std::string_view body, std::size_t at, const std::string& dashed) {
    while ((at = body.find(dashed, at)) != body.npos) {
        std::size_t end = at + dashed.size();
        if (at > 0 && body[at - 1] != '\n') {
            at = end;
            continue;
        }
        Delimiter found;
        found.begin = at;
        if (body.substr(end).starts_with("--")) {
            found.closes = true;
            end += 2;
        }
        end = std::min(body.find_first_not_of(" \t\r", end), body.size());
        if (end < body.size() && body[end] != '\n') { // a longer boundary that begins like ours
            at += dashed.size();
            continue;
        }
        found.end = std::min(end + 1, body.size());
        if (found.begin > 0) --found.begin; // the line end belongs to the delimiter
        if (found.begin > 0 && body[found.begin - 1] == '\r') --found.begin;
        return found;
    }
    return std::nullopt;
}

bool is_type(std::string_view value) {
    const auto slash = value.find('/');
    return slash != value.npos && slash > 0 && slash + 1 < value.size();
}

class Walk {
  public:
    Walk(Budget& budget, const std::function<void(const Leaf&)>& visit) : budget_(budget), visit_(visit) {}

    void part(std::string_view octets, unsigned depth, unsigned alternative, const char* default_type) {
        if (!budget_.take_one(&Budget::parts, Limit::parts)) return;
        ++structure.parts;
        message::HeaderReader header(budget_.limits.header_octets);
        header.feed(octets);
        header.finish();
        if (header.truncated()) budget_.hit.add(Limit::header);
        if (header.count("Content-Type") > 1 || header.count("Content-Transfer-Encoding") > 1)
            structure.irregular = true;
        Leaf leaf;
        leaf.type = parse_parameters(header.first("Content-Type").value_or(default_type));
        if (!is_type(leaf.type.value)) leaf.type.value = "text/plain"; // RFC 2045 5.2
        leaf.disposition = parse_parameters(header.first("Content-Disposition").value_or(""));
        leaf.encoding = encoding_of(header.first("Content-Transfer-Encoding").value_or(""));
        leaf.body = octets.substr(std::min<std::size_t>(header.body_offset(), octets.size()));
        leaf.alternative = alternative;
        leaf.depth = depth;
        const std::string_view type = leaf.type.value;
        if (type.starts_with("multipart/")) {
            if (within(depth)) return multipart(leaf);
        } else if (type == "message/rfc822" || type == "message/global") {
            ++structure.nested_messages;
            // What has a file's name may be saved under it, whatever it is declared to be.
            const bool named =
                !leaf.disposition.first("filename").empty() || !leaf.type.first("name").empty();
            if (!within(depth)) return visit_(leaf);
            if (named) visit_(leaf);
            return nested(leaf);
        }
        visit_(leaf);
    }

    Structure structure;

  private:
    bool within(unsigned depth) {
        if (depth < budget_.limits.depth) return true;
        budget_.hit.add(Limit::depth);
        return false;
    }

    void multipart(Leaf& leaf) {
        const std::string_view type = leaf.type.value;
        structure.has_signed |= type == "multipart/signed";
        structure.has_encrypted |= type == "multipart/encrypted";
        const unsigned alternative = type == "multipart/alternative" ? ++alternatives_ : leaf.alternative;
        const char* default_type = type == "multipart/digest" ? "message/rfc822" : "text/plain";
        const auto boundary = leaf.type.first("boundary");
        const auto dashed = "--" + std::string(boundary);
        auto here = boundary.empty() || boundary.size() > longest_boundary
                        ? std::nullopt
                        : next_delimiter(leaf.body, 0, dashed);
        if (!here) { // mail readers show it as text
            structure.irregular = true;
            leaf.type.value = "text/plain";
            visit_(leaf);
            return;
        }
        bool closed = false;
        while (here) {
            const auto next = next_delimiter(leaf.body, here->end, dashed);
            closed |= here->closes;
            if (!here->closes) {
                structure.irregular |= closed; // readers that do not stop at the end see it
                const auto end = next ? std::max(next->begin, here->end) : leaf.body.size();
                if (budget_.parts == 0) return budget_.hit.add(Limit::parts);
                part(leaf.body.substr(here->end, end - here->end), leaf.depth + 1, alternative, default_type);
            }
            here = next;
        }
        structure.irregular |= !closed;
    }

    void nested(const Leaf& leaf) {
        if (leaf.encoding == Encoding::identity) return part(leaf.body, leaf.depth + 1, 0, "text/plain");
        structure.irregular = true; // RFC 2046 5.2.1 allows no such encoding
        std::string octets;
        Decoder decoder(leaf.encoding, leaf.body);
        std::string_view piece;
        while (decoder.next(piece)) {
            const auto given = budget_.take(&Budget::decoded, piece.size(), Limit::decoded);
            octets += piece.substr(0, given);
            if (given < piece.size()) break;
        }
        part(octets, leaf.depth + 1, 0, "text/plain");
    }

    Budget& budget_;
    const std::function<void(const Leaf&)>& visit_;
    unsigned alternatives_ = 0;
};

} // namespace

Structure take_apart(std::string_view message, Budget& budget,
                     const std::function<void(const Leaf&)>& visit) {
    Walk walk(budget, visit);
    walk.part(message, 0, 0, "text/plain");
    return walk.structure;
}

} // namespace lazaret::mime

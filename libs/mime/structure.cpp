#include "mime/structure.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace lazaret::mime {

namespace {

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

class Walk {
  public:
    Walk(Budget& budget, const std::function<void(const Leaf&)>& visit) : budget_(budget), visit_(visit) {}

    void part(std::string_view octets, unsigned depth, unsigned alternative, const char* default_type) {
        if (!budget_.take_one(&Budget::parts, Limit::parts)) return;
        ++structure.parts;
        const auto section = section_at_front(octets, budget_.limits.header_octets, budget_.hit);
        Leaf leaf;
        static_cast<PartHeader&>(leaf) = read_part_header(section.fields, default_type, budget_.hit);
        structure.irregular |= leaf.repeated;
        leaf.body = octets.substr(section.body_at);
        leaf.alternative = alternative;
        leaf.depth = depth;
        if (leaf.is_multipart()) {
            if (within(depth)) return multipart(leaf);
        } else if (leaf.is_message()) {
            ++structure.nested_messages;
            if (!within(depth)) return visit_(leaf);
            // What has a file's name may be saved under it, whatever it is declared to be.
            if (!file_names(leaf, budget_.hit).names.empty()) visit_(leaf);
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

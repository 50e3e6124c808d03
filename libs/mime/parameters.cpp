#include "mime/parameters.hpp"

#include "core/text.hpp"
#include "mime/charset.hpp"
#include "mime/words.hpp"

#include <algorithm>
#include <cstdint>

namespace lazaret::mime {

namespace {

constexpr std::size_t most_parameters = 64, most_value = 16 * 1024;

struct Written {
    std::string name; // without marks
    std::string value;
    bool encoded = false;   // "*" at the end: percent signs, and a charset in the first
    bool continued = false; // "*N"
    std::uint64_t section = 0;
};

class Scanner {
  public:
    explicit Scanner(std::string_view rest) : rest_(rest) {}

    bool at_end() const { return rest_.empty(); }
    void skip_to_value() { skip(" \t\r\n;"); }

    std::string name() {
        const auto end = std::min(rest_.find_first_of("=; \t\r\n(\""), rest_.size());
        std::string out = ascii_lowercase(rest_.substr(0, end));
        rest_.remove_prefix(end);
        skip(" \t\r\n");
        return out;
    }
    bool take(char c) {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        skip(" \t\r\n");
        return true;
    }
    std::string value(bool may_have_spaces) { return take_quote() ? quoted() : bare(may_have_spaces); }
    void drop_one() { rest_.remove_prefix(std::min<std::size_t>(1, rest_.size())); }

    bool skip_comment() {
        if (!rest_.starts_with('(')) return false;
        int depth = 0;
        std::size_t i = 0;
        for (; i < rest_.size(); ++i) {
            if (rest_[i] == '\\')
                ++i;
            else if (rest_[i] == '(')
                ++depth;
            else if (rest_[i] == ')' && --depth == 0)
                break;
        }
        rest_.remove_prefix(std::min(i + 1, rest_.size()));
        return true;
    }

  private:
    void skip(std::string_view what) {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(what), rest_.size()));
        while (skip_comment())
            rest_.remove_prefix(std::min(rest_.find_first_not_of(what), rest_.size()));
    }
    bool take_quote() {
        if (!rest_.starts_with('"')) return false;
        rest_.remove_prefix(1);
        return true;
    }
    std::string quoted() {
        std::string out;
        std::size_t i = 0;
        for (; i < rest_.size() && rest_[i] != '"'; ++i) {
            if (rest_[i] == '\\' && i + 1 < rest_.size()) ++i;
            out += rest_[i];
        }
        rest_.remove_prefix(std::min(i + 1, rest_.size()));
        return out;
    }
    /// A token; of a name of a file everything up to the ";", since spaces in it are written without quotes.
    std::string bare(bool may_have_spaces) {
        const auto end = std::min(rest_.find_first_of(may_have_spaces ? ";" : "; \t\r\n"), rest_.size());
        std::string out(trim(rest_.substr(0, end)));
        rest_.remove_prefix(end);
        return out;
    }

    std::string_view rest_;
};

/// Takes "*", "*N" and "*N*" off the name.
void read_marks(Written& written) {
    auto& name = written.name;
    if (name.size() > 1 && name.ends_with('*')) {
        written.encoded = true;
        name.pop_back();
    }
    const auto star = name.rfind('*');
    if (star == name.npos || star == 0) return;
    if (const auto section = parse_unsigned(std::string_view(name).substr(star + 1));
        section && star + 7 > name.size()) {
        written.continued = true;
        written.section = *section;
        name.resize(star);
    }
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            if (const auto octet = hex_decode(ascii_lowercase(text.substr(i + 1, 2)))) {
                out += *octet;
                i += 2;
                continue;
            }
        }
        out += text[i];
    }
    return out;
}

/// Takes "charset'language'" off the first section.
std::string take_charset(std::string& value) {
    const auto first = value.find('\'');
    const auto second = first == value.npos ? first : value.find('\'', first + 1);
    if (second == value.npos) return {};
    std::string charset = value.substr(0, first);
    value.erase(0, second + 1);
    return charset;
}

Parameter joined(std::vector<Written>& all, std::size_t first) {
    const std::string name = all[first].name;
    std::vector<Written*> sections;
    for (auto& each : all)
        if (each.continued && each.name == name) sections.push_back(&each);
    std::stable_sort(sections.begin(), sections.end(),
                     [](auto* a, auto* b) { return a->section < b->section; });
    std::string octets, charset;
    if (sections.front()->encoded) charset = take_charset(sections.front()->value);
    for (auto* each : sections) {
        octets += each->encoded ? percent_decoded(each->value) : each->value;
        each->name.clear(); // done
    }
    return {name, charset.empty() ? decode_words(octets) : to_utf8(octets, charset, most_value)};
}

} // namespace

std::string_view ParameterisedValue::first(std::string_view name) const {
    for (const auto& each : parameters)
        if (each.name == name) return each.value;
    return {};
}

ParameterisedValue parse_parameters(std::string_view value) {
    ParameterisedValue out;
    out.cut = value.size() > most_value;
    value = value.substr(0, most_value);
    const auto head = value.substr(0, value.find(';'));
    Scanner front(head);
    while (!front.at_end()) {
        front.skip_to_value();
        out.value += front.name();
        if (front.at_end()) break;
        if (!front.skip_comment()) front.drop_one();
    }
    std::vector<Written> all;
    Scanner scanner(value.substr(head.size()));
    while (scanner.skip_to_value(), !scanner.at_end()) {
        if (all.size() >= most_parameters) {
            out.cut = true;
            break;
        }
        Written written;
        written.name = scanner.name();
        if (!scanner.take('=')) {
            if (written.name.empty()) scanner.drop_one();
            continue;
        }
        read_marks(written);
        written.value = scanner.value(written.name == "name" || written.name == "filename");
        if (!written.name.empty()) all.push_back(std::move(written));
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto& each = all[i];
        if (each.name.empty()) continue; // a section that has been joined
        if (each.continued) {
            out.parameters.push_back(joined(all, i));
        } else if (each.encoded) {
            const auto charset = take_charset(each.value);
            out.parameters.push_back({each.name, to_utf8(percent_decoded(each.value), charset, most_value)});
        } else {
            out.parameters.push_back({each.name, decode_words(each.value)});
        }
    }
    return out;
}

} // namespace lazaret::mime

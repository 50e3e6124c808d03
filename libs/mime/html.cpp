#include "mime/html.hpp"

#include "core/text.hpp"
#include "mime/charset.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace lazaret::mime {

namespace {

constexpr std::size_t longest_name = 32, longest_target = 4096, longest_shown = 1024;
constexpr std::string_view space = " \t\r\n\f";

bool one_of(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_letter(char c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

bool is_block(std::string_view name) {
    return one_of(name, {"p",    "div",  "br",     "tr",      "li",      "ul",      "ol",
                         "dl",   "dt",   "dd",     "table",   "tbody",   "thead",   "h1",
                         "h2",   "h3",   "h4",     "h5",      "h6",      "hr",      "blockquote",
                         "pre",  "form", "center", "section", "article", "header",  "footer",
                         "body", "html", "head",   "option",  "address", "fieldset"});
}
bool is_void(std::string_view name) {
    return one_of(name, {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
                         "source", "track", "wbr"});
}
/// Whose content is no markup and is not shown.
bool is_raw(std::string_view name) {
    return one_of(name, {"script", "style", "title", "iframe", "noembed", "noframes"});
}

/// Zero in whatever unit: "0", "0.00em".
bool is_zero(std::string_view value) {
    if (value.empty() || (value.front() != '0' && value.front() != '.')) return false;
    const auto end = value.find_first_not_of("0.");
    return end == value.npos || value[end] < '0' || value[end] > '9';
}

/// Lower case, without white space and comments.
std::string plain_style(std::string_view written) {
    std::string out;
    for (std::size_t i = 0; i < written.size(); ++i) {
        if (written.substr(i).starts_with("/*")) {
            i = written.find("*/", i + 2);
            if (i == written.npos) break;
            ++i;
        } else if (space.find(written[i]) == space.npos) {
            out += ascii_lower(written[i]);
        }
    }
    return out;
}

/// Of declarations of one property the last counts, and before all others one that is important (CSS Cascade 6.1).
class Property {
  public:
    void declare(bool hides, bool important) {
        if (important_ && !important) return;
        hides_ = hides;
        important_ = important;
    }
    bool hides() const { return hides_; }

  private:
    bool hides_ = false, important_ = false;
};

bool hides(std::string_view written) {
    const auto style = plain_style(written);
    Property display, visibility, mso, font, opacity, height, overflow;
    for (const auto declaration : split(style, ';')) {
        const auto colon = declaration.find(':');
        if (colon == declaration.npos) continue;
        const auto name = declaration.substr(0, colon);
        auto value = declaration.substr(colon + 1);
        const bool important = value.ends_with("!important");
        if (important) value.remove_suffix(10);
        if (name == "display") display.declare(value == "none", important);
        else if (name == "visibility") visibility.declare(value == "hidden" || value == "collapse", important);
        else if (name == "mso-hide") mso.declare(value == "all", important);
        else if (name == "font-size") font.declare(is_zero(value), important);
        else if (name == "opacity") opacity.declare(is_zero(value), important);
        else if (name == "max-height") height.declare(is_zero(value), important);
        else if (name == "overflow") overflow.declare(value == "hidden", important);
    }
    return display.hides() || visibility.hides() || mso.hides() || font.hides() || opacity.hides() ||
           (height.hides() && overflow.hides());
}

/// Elements that end without a tag of their own (html.spec.whatwg.org 13.1.2.4): whether a tag of `name` ends `open`.
bool ends_silently(std::string_view open, std::string_view name) {
    if (open == "p")
        return is_block(name) ? !one_of(name, {"br", "body", "html", "head", "option"})
                              : one_of(name, {"aside", "details", "dialog", "figure", "figcaption", "main", "menu", "nav", "td", "th"});
    if (open == "li") return one_of(name, {"li"});
    if (open == "dd" || open == "dt") return one_of(name, {"dd", "dt"});
    if (open == "td" || open == "th") return one_of(name, {"td", "th", "tr", "tbody", "thead", "tfoot"});
    if (open == "tr") return one_of(name, {"tr", "tbody", "thead", "tfoot"});
    if (open == "option") return one_of(name, {"option", "optgroup"});
    return false;
}
/// Whose items those are.
bool holds_items(std::string_view name) {
    return one_of(name, {"ul", "ol", "menu", "dl", "table", "select"});
}

class Reader {
  public:
    Reader(std::string_view in, std::size_t most) : in_(in), most_(most) {
        out_.visible.reserve(in.size() / 2);
    }

    Html read() {
        while (at_ < in_.size()) {
            if (in_[at_] == '<' && markup()) continue;
            const auto end = std::min(in_.find('<', at_ + 1), in_.size());
            text(in_.substr(at_, end - at_));
            at_ = end;
        }
        end_anchor();
        out_.invisible_characters = remove_invisible(out_.visible);
        remove_invisible(out_.hidden);
        return std::move(out_);
    }
    bool cut() const { return cut_; }

  private:
    struct Tag {
        std::string name;
        bool ends = false, hidden = false;
        std::string href;
        bool has_href = false, refreshes = false;
        std::string content;
    };

    void text(std::string_view run) {
        const bool is_hidden = hidden_depth_ > 0;
        if (is_hidden) out_.hidden_octets += run.size();
        auto& to = is_hidden ? out_.hidden : out_.visible;
        auto& gap_before = is_hidden ? waiting_hidden_ : waiting_;
        std::string decoded;
        if (run.find('&') != run.npos) {
            decoded = decode_entities(run);
            run = decoded;
        }
        while (!run.empty()) {
            const auto word = std::min(run.find_first_of(space), run.size());
            if (word > 0) {
                put_space(to, gap_before);
                to += run.substr(0, word);
            }
            run.remove_prefix(word);
            const auto gap = std::min(run.find_first_not_of(space), run.size());
            if (gap > 0 && gap_before == 0) gap_before = ' ';
            run.remove_prefix(gap);
        }
    }
    static void put_space(std::string& to, char& waiting) {
        if (waiting != 0 && !to.empty()) to += waiting;
        waiting = 0;
    }

    /// At a "<": false where it is text.
    bool markup() {
        const auto rest = in_.substr(at_);
        if (rest.starts_with("<!--")) {
            comment();
            return true;
        }
        const bool ends = rest.starts_with("</");
        const char first = rest.size() > (ends ? 2u : 1u) ? rest[ends ? 2 : 1] : '\0';
        if (is_letter(first)) {
            tag(ends);
            return true;
        }
        if (ends || rest.starts_with("<!") || rest.starts_with("<?")) { // what browsers call a bogus comment
            at_ = std::min(in_.find('>', at_), in_.size() - 1) + 1;
            return true;
        }
        return false;
    }
    void comment() {
        at_ += 4;
        const auto rest = in_.substr(at_);
        if (rest.starts_with(">")) {
            at_ += 1;
        } else if (rest.starts_with("->")) {
            at_ += 2;
        } else {
            at_ = comment_end();
        }
    }
    /// Behind the first "-->" or "--!>". One search for both: of two the one would look through all that is left
    /// for each comment that ends by the other.
    std::size_t comment_end() const {
        for (auto at = in_.find("--", at_); at != in_.npos; at = in_.find("--", at + 1)) {
            const auto behind = in_.substr(at + 2);
            if (behind.starts_with('>')) return at + 3;
            if (behind.starts_with("!>")) return at + 4;
        }
        return in_.size();
    }

    void tag(bool ends) {
        at_ += ends ? 2 : 1;
        Tag found;
        found.ends = ends;
        const auto end = std::min(in_.find_first_of(" \t\r\n\f/>", at_), in_.size());
        found.name = ascii_lowercase(in_.substr(at_, std::min(end - at_, longest_name)));
        at_ = end;
        while (attribute(found)) {
        }
        act(found);
    }
    /// False at the end of the tag.
    bool attribute(Tag& found) {
        at_ = std::min(in_.find_first_not_of(" \t\r\n\f/", at_), in_.size());
        if (at_ == in_.size()) return false;
        if (in_[at_] == '>') {
            ++at_;
            return false;
        }
        const auto end = std::min(in_.find_first_of(" \t\r\n\f/>=", at_ + 1), in_.size());
        const auto name = ascii_lowercase(in_.substr(at_, std::min(end - at_, longest_name)));
        at_ = std::min(in_.find_first_not_of(space, end), in_.size());
        std::string_view value;
        if (at_ < in_.size() && in_[at_] == '=') {
            at_ = std::min(in_.find_first_not_of(space, at_ + 1), in_.size());
            value = attribute_value();
        }
        if (!found.ends) use(found, name, value);
        return true;
    }
    std::string_view attribute_value() {
        if (at_ == in_.size()) return {};
        const char quote = in_[at_];
        const bool quoted = quote == '"' || quote == '\'';
        if (quoted) ++at_;
        const auto end =
            std::min(quoted ? in_.find(quote, at_) : in_.find_first_of(" \t\r\n\f>", at_), in_.size());
        const auto value = in_.substr(at_, end - at_);
        at_ = std::min(end + quoted, in_.size());
        return value;
    }
    void use(Tag& found, std::string_view name, std::string_view value) {
        if (name == "style") {
            found.hidden |= hides(value.substr(0, longest_target));
        } else if (name == "hidden") {
            found.hidden = true;
        } else if (name == "http-equiv") {
            found.refreshes = ascii_iequals(trim(value), "refresh");
        } else if (name == "content") {
            found.content = decode_entities(value.substr(0, longest_target));
        } else if (one_of(name, {"href", "src", "action", "formaction", "background"})) {
            auto target = decode_entities(value.substr(0, longest_target));
            if (name == "href" && !found.has_href) {
                found.href = target;
                found.has_href = true;
            }
            add_target(std::move(target));
        }
    }
    void add_target(std::string target) {
        if (out_.targets.size() < most_)
            out_.targets.push_back(std::move(target));
        else
            cut_ = true;
    }

    void act(Tag& found) {
        const auto& name = found.name;
        if (hidden_depth_ > 0) end_hidden_by(found);
        if (is_block(name)) waiting_ = waiting_hidden_ = '\n';
        if (name == "td" || name == "th" || (name == "img" && !found.hidden))
            for (auto* waiting : {&waiting_, &waiting_hidden_})
                if (*waiting == 0) *waiting = ' ';
        if (found.ends) {
            if (hidden_depth_ > 0 && name == hidden_by_) --hidden_depth_;
            if (name == "a") end_anchor();
            return;
        }
        out_.has_form |= name == "form";
        out_.has_script |= name == "script";
        if (found.refreshes) {
            const auto url = ascii_lowercase(found.content).find("url=");
            if (url != std::string::npos)
                add_target(std::string(trim(std::string_view(found.content).substr(url + 4))));
        }
        if (name == "a") {
            end_anchor();
            if (found.has_href) begin_anchor(std::move(found.href));
        }
        if (is_raw(name)) return skip_raw(name);
        if (hidden_depth_ > 0) {
            hidden_depth_ += name == hidden_by_;
        } else if ((found.hidden || name == "template") && !is_void(name)) {
            hidden_by_ = name;
            hidden_depth_ = 1;
            inner_ = 0;
            waiting_hidden_ = '\n';
        }
    }

    /// The element that hides may be over before its own end, and what follows is seen.
    void end_hidden_by(const Tag& tag) {
        const bool holds = holds_items(tag.name);
        const bool by_holder = tag.ends && holds && ends_silently(hidden_by_, hidden_by_);
        const bool by_own_end = tag.ends && tag.name == hidden_by_;
        if (inner_ == 0 && !by_own_end && (by_holder || ends_silently(hidden_by_, tag.name))) hidden_depth_ = 0;
        else if (holds) inner_ += !tag.ends ? 1 : inner_ > 0 ? -1 : 0;
    }

    void skip_raw(std::string_view name) {
        const auto begin = at_;
        for (;; ++at_) {
            at_ = std::min(in_.find("</", at_), in_.size());
            if (at_ == in_.size() || ascii_istarts_with(in_.substr(at_ + 2), name)) break;
        }
        if (name != "script" && name != "style" && name != "title") out_.hidden_octets += at_ - begin;
    }

    void begin_anchor(std::string target) {
        if (out_.anchors.size() >= most_) {
            cut_ = true;
            return;
        }
        put_space(out_.visible, waiting_);
        out_.anchors.push_back({std::move(target), ""});
        anchor_begin_ = out_.visible.size();
        in_anchor_ = true;
    }
    void end_anchor() {
        if (!in_anchor_) return;
        in_anchor_ = false;
        auto& shown = out_.anchors.back().shown;
        shown = out_.visible.substr(anchor_begin_, longest_shown);
        remove_invisible(shown);
    }

    std::string_view in_;
    std::size_t most_, at_ = 0;
    Html out_;
    char waiting_ = 0, waiting_hidden_ = 0; // white space before the next word
    int inner_ = 0;                         // lists and tables that are open within what is hidden
    std::string hidden_by_;
    std::size_t hidden_depth_ = 0, anchor_begin_ = 0;
    bool in_anchor_ = false, cut_ = false;
};

} // namespace

Html read_html(std::string_view utf8, std::size_t most_targets, bool* cut) {
    Reader reader(utf8, most_targets);
    Html out = reader.read();
    if (cut) *cut = reader.cut();
    return out;
}

} // namespace lazaret::mime

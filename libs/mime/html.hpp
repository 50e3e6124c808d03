#pragma once
// HTML as its reader sees it: the visible text, and where it leads. Not a browser: tags are read as the HTML
// standard's tokenizer does (html.spec.whatwg.org, 13.2.5), styles only where they stand in the element and
// hide it.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::mime {

struct Anchor {
    std::string target; ///< href, entities decoded
    std::string shown;  ///< visible text between <a> and </a>, at most 1 KiB
};

struct Html {
    std::string visible;           ///< white space as shown: blocks on lines of their own, runs as one space
    std::string hidden;            ///< text that is not shown: display:none and its kin; white space likewise
    std::size_t hidden_octets = 0; ///< of it, as written
    std::size_t invisible_characters = 0; ///< that broke up words, removed from what is visible
    std::vector<std::string>
        targets; ///< of href, src, action, formaction, background and refresh, entities decoded
    std::vector<Anchor> anchors; ///< those with an href
    bool has_form = false;
    bool has_script = false;
};

/// `utf8`: the whole text; never fails. `most_targets` bounds targets and anchors each; `cut` tells that
/// there were more.
Html read_html(std::string_view utf8, std::size_t most_targets, bool* cut = nullptr);

/// Entities of HTML (numeric ones, and the named ones that mail uses) decoded.
std::string decode_entities(std::string_view text);

} // namespace lazaret::mime

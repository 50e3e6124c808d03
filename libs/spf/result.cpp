#include "spf/result.hpp"

#include "core/names.hpp"

#include <algorithm>
#include <array>

namespace lazaret::spf {

namespace {

constexpr std::array<Name<Verdict>, 7> names{{{Verdict::none, "none"},
                                              {Verdict::neutral, "neutral"},
                                              {Verdict::pass, "pass"},
                                              {Verdict::fail, "fail"},
                                              {Verdict::softfail, "softfail"},
                                              {Verdict::temperror, "temperror"},
                                              {Verdict::permerror, "permerror"}}};

constexpr std::array<Verdict, 7> by_weight{Verdict::fail,    Verdict::permerror, Verdict::softfail, Verdict::temperror,
                                           Verdict::neutral, Verdict::none,      Verdict::pass};

} // namespace

std::string_view to_string(Verdict verdict) {
    return name_of(names, verdict);
}
Result<Verdict> parse_verdict(std::string_view text) {
    return value_of(names, text, "a result of SPF");
}

bool hurts(Verdict verdict) {
    return verdict == Verdict::fail || verdict == Verdict::softfail || verdict == Verdict::permerror;
}

Verdict worse(Verdict one, Verdict other) {
    return *std::find_if(by_weight.begin(), by_weight.end(), [&](Verdict each) { return each == one || each == other; });
}

} // namespace lazaret::spf

#include "spf/macro.hpp"

#include <gtest/gtest.h>

namespace lazaret::spf {
namespace {

/// RFC 7208 7.4.
MacroValues example() {
    MacroValues values;
    values.client = IpAddress::parse("192.0.2.3").value();
    values.sender_local = "strong-bad";
    values.sender_domain = "email.example.com";
    values.helo = "mx.example.org";
    return values;
}

std::string expanded(const std::string& text, const MacroValues& values = example()) {
    const auto macro = MacroString::parse(text);
    return macro ? macro->expand(values, "email.example.com") : "no macro string";
}

TEST(SpfMacros, AreThoseOfTheRfc) {
    const std::pair<const char*, const char*> cases[] = {
        {"%{s}", "strong-bad@email.example.com"},
        {"%{o}", "email.example.com"},
        {"%{d}", "email.example.com"},
        {"%{d4}", "email.example.com"},
        {"%{d3}", "email.example.com"},
        {"%{d2}", "example.com"},
        {"%{d1}", "com"},
        {"%{dr}", "com.example.email"},
        {"%{d2r}", "example.email"},
        {"%{l}", "strong-bad"},
        {"%{l-}", "strong.bad"},
        {"%{lr}", "strong-bad"},
        {"%{lr-}", "bad.strong"},
        {"%{l1r-}", "strong"},
        {"%{h}", "mx.example.org"},
        {"%{p}", "unknown"},
        {"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
        {"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"},
        {"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
        {"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"},
        {"%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"},
        {"%{S}", "strong-bad%40email.example.com"},
        {"a%%b%_c%-d", "a%b c%20d"},
        {"%{d999999999999999999999}", "email.example.com"},
    };
    for (const auto& [text, wanted] : cases)
        EXPECT_EQ(expanded(text), wanted) << text;
    auto v6 = example();
    v6.client = IpAddress::parse("2001:db8::cb01").value();
    EXPECT_EQ(expanded("%{ir}.%{v}._spf.%{d2}", v6),
              "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com");
}

TEST(SpfMacros, HaveAGrammar) {
    for (const char* wrong : {"%", "%a", "%{", "%{}", "%{x}", "%{d", "%{d0}", "%{drr}", "%{d.x}", "a b", "\x80", "a\tb"})
        EXPECT_FALSE(MacroString::parse(wrong)) << wrong;
    for (const char* right : {"a.example", "a.example.", "_spf.%{d}", "%{d}.com", "%{i}", "a%%", ".com", "a.b-c"})
        EXPECT_TRUE(MacroString::parse_domain(right)) << right;
    for (const char* wrong : {"", "localhost", "a.", "a.123", "a.-b", "a.b-", "a.b_c", "%{d}com", "%{c}", "%{t}.example", "a..", "a/b"})
        EXPECT_FALSE(MacroString::parse_domain(wrong)) << wrong;
    EXPECT_TRUE(MacroString::parse("%{c}%{r}%{t}")) << "an unknown modifier may have them";
}

TEST(SpfMacros, ANameThatIsTooLongLosesLabelsInFront) {
    auto values = example();
    values.sender_local = std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(63, 'd');
    EXPECT_EQ(expanded("%{l}.example", values), values.sender_local.substr(64) + ".example");
    values.sender_local = std::string(300, 'a');
    EXPECT_EQ(expanded("%{l}", values).size(), 300u) << "what has no labels is no name";
}

} // namespace
} // namespace lazaret::spf

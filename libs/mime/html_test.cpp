#include "mime/html.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace lazaret::mime {
namespace {

using ::testing::ElementsAre;

std::string visible(std::string_view html) {
    return read_html(html, 100).visible;
}

TEST(Html, blocks_are_lines_and_white_space_is_one_space) {
    EXPECT_EQ(visible("<p>One   two\n three</p><p>four<br>five</p>six"), "One two three\nfour\nfive\nsix");
    EXPECT_EQ(visible("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"), "a b\nc");
    EXPECT_EQ(visible("w<b>or</b><i>d</i>s"), "words");
    EXPECT_EQ(visible(""), "");
}

TEST(Html, what_is_not_shown_is_left_out) {
    EXPECT_EQ(visible("a<!-- b -->c<!--> d --><!-- e"), "ac d -->");
    EXPECT_EQ(visible("a<!----!>b<!--->c<!-- --!d --!>e<!----->f<!-- -- > -->g"), "abcefg");
    EXPECT_EQ(visible("a<script>if (1 < 2) '</p>';</script>b<style>p{}</style>c<title>d</title>e"), "abce");
    EXPECT_EQ(visible("a<SCRIPT>never closed"), "a");
    EXPECT_EQ(visible("a<?php b ?>c<!doctype html>d</ e>f"), "acdf");
    EXPECT_EQ(visible("a<div style='DISPLAY : none'>b<div>c</div>d</div>e"), "a\ne");
    EXPECT_EQ(visible("a<span style=\"font-size:0px\">b</span><span style='font-size:0.9em'>c</span>"), "ac");
    EXPECT_EQ(visible("a<span hidden>b</span><img style='display:none'>c"), "ac");
    EXPECT_EQ(read_html("a<p style='visibility:hidden'>four</p>", 9).hidden_octets, 4u);
    EXPECT_EQ(visible("1 < 2 and 3 > 2 <3"), "1 < 2 and 3 > 2 <3");
}

TEST(Html, what_is_hidden_is_kept_apart) {
    const auto hidden = [](std::string_view html) { return read_html(html, 9).hidden; };
    EXPECT_EQ(hidden("a<div style='display:none'>cas<b>ino</b>\n bo&shy;nus<p>now</div>b"), "casino bonus\nnow");
    EXPECT_EQ(visible("a<div style='display:none'>casino<p>now</div>b"), "a\nb");
    EXPECT_EQ(visible("<p style='display:none'>x<p>casino bonus"), "casino bonus") << "a paragraph ends where the next begins";
    EXPECT_EQ(visible("<td><p hidden>x</td><td>casino"), "casino");
    EXPECT_EQ(visible("<p hidden>a<b>b</b>c</p>d"), "d");
    EXPECT_EQ(visible("<ul><li hidden>a<ul><li>b</ul>c<li>d</ul>"), "d");
    EXPECT_EQ(visible("<ul><li hidden>a</ul>b"), "b");
    EXPECT_EQ(visible("<table><tr hidden><td>a<table><tr><td>b</table>c<tr><td>d</table>"), "d");
    EXPECT_EQ(visible("<div hidden>a<p>b</p>c</div>d"), "d");
    for (const auto* style : {"x-display:none", "display:none;display:block", "display:none!important;display:inline !important",
                              "font-size:01px", "/*display:none*/", "max-height:0", "opacity:0.5", "background:url(display:none)"})
        EXPECT_EQ(visible("<b style='" + std::string(style) + "'>x"), "x") << style;
    for (const auto* style : {"display:/**/none", "color:red;DISPLAY : none", "display:none ! important;display:block", "font-size:.0em",
                              "opacity:0", "max-height:0px;overflow:hidden", "mso-hide:all", "visibility:hidden"})
        EXPECT_EQ(visible("<b style='" + std::string(style) + "'>x"), "") << style;
}

TEST(Html, entities_and_invisible_characters) {
    EXPECT_EQ(decode_entities("&lt;&#60;&#x3C;&amp;amp; &euro;&#128; &nosuch; &#; &#x110000; &eacute &"),
              "<<<&amp; \u20AC\u20AC &nosuch; &#; \uFFFD \u00E9 &");
    const auto html = read_html("via&#8203;gr\u200Ba vi&shy;agra&nbsp;x", 9);
    EXPECT_EQ(html.visible, "viagra viagra x");
    EXPECT_EQ(html.invisible_characters, 3u);
    EXPECT_EQ(visible("cas\uFE0Fino bo\u180Enus\u3164 \u2764\uFE0F\U000E0041x\U000E01EF \u115F\u1160\u061C\uFFA0"), "casino bonus \u2764x ");
}

TEST(Html, where_it_leads) {
    const auto html = read_html(
        "<base href=http://a.example/><a class=x HREF='http://b.example/?x=1&amp;y=2'><b>Click</b> here</a>"
        "<img src=\"http://c.example/i.png\"/><form action=/login><a name=x>none</a>"
        "<meta http-equiv=refresh content='0; URL=http://d.example/'><a href=e>un</a",
        100);
    EXPECT_THAT(html.targets, ElementsAre("http://a.example/", "http://b.example/?x=1&y=2",
                                          "http://c.example/i.png", "/login", "http://d.example/", "e"));
    ASSERT_EQ(html.anchors.size(), 2u);
    EXPECT_EQ(html.anchors[0].target, "http://b.example/?x=1&y=2");
    EXPECT_EQ(html.anchors[0].shown, "Click here");
    EXPECT_EQ(html.anchors[1].shown, "un");
    EXPECT_TRUE(html.has_form);
    bool cut = false;
    EXPECT_EQ(read_html("<a href=a></a><a href=b></a>", 1, &cut).anchors.size(), 1u);
    EXPECT_TRUE(cut);
}

TEST(Html, made_to_be_slow_is_not) {
    for (const auto* piece : {"<", "<!--", "<a ", "<a href='", "</", "&", "&#",
                              "<p style='font-size:", "<div hidden>", "<script>", "a=", "<!----!>", "<!--x-->", "-"}) {
        std::string html;
        while (html.size() < 1048576)
            html += piece;
        EXPECT_LE(visible(html).size(), html.size()) << piece;
    }
}

} // namespace
} // namespace lazaret::mime

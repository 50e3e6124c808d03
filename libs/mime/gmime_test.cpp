// Our reading of structure, parameters and encoded words against GMime's own, where both must agree: on what
// is well-formed.

#include "mime/structure.hpp"
#include "mime/words.hpp"

#include "core/text.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <gmime/gmime.h>

namespace lazaret::mime {
namespace {

struct Unref {
    void operator()(void* object) const { g_object_unref(object); }
};
template <class T> using Owned = std::unique_ptr<T, Unref>;

struct Free {
    void operator()(char* text) const { g_free(text); }
};

using Parts = std::vector<std::string>; // "type name: first octets" of each leaf

std::string line(std::string_view type, std::string_view name, std::string_view octets) {
    return std::string(type) + " " + std::string(name) + ": " + std::string(trim(octets));
}

void add_leaves(GMimeObject* object, Parts& out) {
    if (GMIME_IS_MULTIPART(object)) {
        auto* multipart = GMIME_MULTIPART(object);
        for (int i = 0; i < g_mime_multipart_get_count(multipart); ++i)
            add_leaves(g_mime_multipart_get_part(multipart, i), out);
    } else if (GMIME_IS_MESSAGE_PART(object)) {
        if (auto* message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object)))
            add_leaves(g_mime_message_get_mime_part(message), out);
    } else if (GMIME_IS_PART(object)) {
        const Owned<GMimeStream> stream(g_mime_stream_mem_new());
        if (auto* content = g_mime_part_get_content(GMIME_PART(object)))
            g_mime_data_wrapper_write_to_stream(content, stream.get());
        const auto* octets = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
        auto* type = g_mime_object_get_content_type(object);
        const std::unique_ptr<char, Free> name(g_mime_content_type_get_mime_type(type));
        const char* file = g_mime_part_get_filename(GMIME_PART(object));
        out.push_back(line(ascii_lowercase(name.get()), file ? file : "",
                           {reinterpret_cast<const char*>(octets->data), octets->len}));
    }
}

Parts by_gmime(const std::string& message) {
    static const bool started = (g_mime_init(), true);
    EXPECT_TRUE(started);
    const Owned<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(message.data(), message.size()));
    const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
    const Owned<GMimeMessage> parsed(g_mime_parser_construct_message(parser.get(), nullptr));
    Parts out;
    if (parsed) add_leaves(g_mime_message_get_mime_part(parsed.get()), out);
    return out;
}

Parts by_us(const std::string& message) {
    Budget budget{Limits()};
    Parts out;
    take_apart(message, budget, [&](const Leaf& leaf) {
        auto name = leaf.disposition.first("filename");
        if (name.empty()) name = leaf.type.first("name");
        out.push_back(line(leaf.type.value, name, decode(leaf.encoding, leaf.body)));
    });
    return out;
}

const std::vector<std::string> messages = {
    "Subject: x\n\nwords\n",
    "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: "
    "quoted-printable\n\nGr=C3=BC=\n=C3=9Fe\n",
    "Content-Type: multipart/mixed; boundary=\"a b\"\n\npreamble\n--a b\n\none\n--a b  \nContent-Type: "
    "text/html\n\ntwo\n--a b--\nepilogue\n",
    "Content-Type: multipart/mixed; boundary=out\n\n--out\nContent-Type: multipart/alternative; "
    "boundary=out2\n\n--out2\n\n1\n--out2\n"
    "Content-Type: text/html\n\n2\n--out2--\n--out\nContent-Type: image/png; "
    "name=\"p.png\"\nContent-Transfer-Encoding: base64\n\niVBO\nRw0K\n--out--\n",
    "Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: first\n\ndeep one\n--d\n\nSubject: "
    "second\n\ndeep two\n--d--\n",
    "Content-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\ninner\n--i--\n",
    "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Disposition: attachment; "
    "filename*=utf-8''%e2%82%ac.txt\n\nmoney\n--x--\n",
    "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Disposition: attachment; "
    "filename*0=\"long-\";\n filename*1=\"name.txt\"\n\nmore\n--x--\n",
    "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain; "
    "name=\"=?utf-8?B?w7xiZXIudHh0?=\"\n\nmore\n--x--\n",
    "Content-Type: multipart/mixed; boundary=never\n\n--never\n\nnot closed\n",
    "Content-Type: multipart/mixed; boundary=x\n\n--x\n\n--x\n\nafter an empty part\n--x--\n",
    "Content-Transfer-Encoding: base64\n\nQUJD*!?REVG\n",
};

TEST(AgainstGmime, the_same_parts) {
    for (const auto& each : messages) {
        EXPECT_EQ(by_us(each), by_gmime(each)) << each;
        std::string crlf;
        for (const char c : each)
            crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
        EXPECT_EQ(by_us(crlf), by_gmime(crlf)) << each;
    }
}

TEST(AgainstGmime, the_same_words) {
    for (const auto* each : {"=?utf-8?q?a_b=C3=A9?= c", "=?iso-8859-1?Q?a?= =?utf-8?B?w6k=?=", "plain",
                             "=?koi8-r?B?8NLJ18XU?=", "a =?utf-8?q?b?= c =?utf-8?q?d?="}) {
        const std::unique_ptr<char, Free> decoded(g_mime_utils_header_decode_text(nullptr, each));
        EXPECT_EQ(decode_words(each), decoded.get());
    }
}

} // namespace
} // namespace lazaret::mime

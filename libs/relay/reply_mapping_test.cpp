#include "relay/reply_mapping.hpp"

#include <gtest/gtest.h>

namespace lazaret::relay {
namespace {

using smtp::Enhanced;
using smtp::Reply;

struct Row {
    int code;
    Enhanced enhanced;
    Stage stage;
    int client_code;
    Enhanced client_enhanced;
    bool ours;
};

TEST(ReplyMapping, Table) {
    const Row rows[] = {
        // about the client's mail: passed on
        {250, {2, 1, 5}, Stage::rcpt, 250, {2, 1, 5}, false},
        {250, {}, Stage::rcpt, 250, {2, 1, 5}, false},
        {250, {}, Stage::mail, 250, {2, 1, 0}, false},
        {251, {}, Stage::rcpt, 251, {2, 1, 5}, false},
        {250, {}, Stage::content, 250, {2, 0, 0}, false},
        {450, {4, 2, 1}, Stage::rcpt, 450, {4, 2, 1}, false},
        {451, {}, Stage::mail, 451, {4, 0, 0}, false},
        {452, {4, 5, 3}, Stage::rcpt, 452, {4, 5, 3}, false},
        {452, {4, 3, 1}, Stage::content, 452, {4, 3, 1}, true}, // its disk is full: not the sender's doing
        {501, {5, 1, 3}, Stage::rcpt, 501, {5, 1, 3}, false},
        {550, {5, 1, 1}, Stage::rcpt, 550, {5, 1, 1}, false},
        {550, {}, Stage::rcpt, 550, {5, 0, 0}, false},
        {550, {5, 7, 1}, Stage::content, 550, {5, 7, 1}, false},
        {552, {5, 3, 4}, Stage::mail, 552, {5, 3, 4}, false},
        {553, {5, 1, 8}, Stage::mail, 553, {5, 1, 8}, false},
        {554, {5, 6, 0}, Stage::data, 554, {5, 6, 0}, false},
        {555, {5, 5, 4}, Stage::mail, 555, {5, 5, 4}, false},
        {556, {5, 1, 10}, Stage::rcpt, 556, {5, 1, 10}, false},
        // about the next hop, or us and it: our own fault, for a time
        {421, {4, 3, 2}, Stage::mail, 451, {4, 3, 2}, true},
        {421, {4, 7, 0}, Stage::content, 451, {4, 3, 2}, true},
        {521, {5, 3, 2}, Stage::mail, 451, {4, 3, 2}, true},
        {432, {4, 7, 12}, Stage::mail, 451, {4, 3, 5}, true},
        {454, {4, 7, 0}, Stage::mail, 451, {4, 3, 5}, true},
        {530, {5, 7, 0}, Stage::mail, 451, {4, 3, 5}, true},
        {534, {5, 7, 9}, Stage::mail, 451, {4, 3, 5}, true},
        {535, {5, 7, 8}, Stage::rcpt, 451, {4, 3, 5}, true},
        {538, {5, 7, 11}, Stage::mail, 451, {4, 3, 5}, true},
        {500, {5, 5, 2}, Stage::mail, 451, {4, 3, 0}, true},
        {502, {5, 5, 1}, Stage::data, 451, {4, 3, 0}, true},
        {503, {5, 5, 1}, Stage::rcpt, 451, {4, 3, 0}, true},
        {504, {5, 5, 4}, Stage::mail, 451, {4, 3, 0}, true},
        {504, {5, 5, 2}, Stage::rcpt, 550, {5, 5, 2}, false}, // Postfix: the address lacks its domain
        // out of order: never success
        {250, {2, 0, 0}, Stage::data, 451, {4, 4, 2}, true},
        {354, {}, Stage::content, 451, {4, 4, 2}, true},
        {354, {}, Stage::rcpt, 451, {4, 4, 2}, true},
        {334, {}, Stage::data, 451, {4, 4, 2}, true},
    };
    for (const auto& row : rows) {
        const auto mapped = map_reply(Reply(row.code, row.enhanced, "text of the hop"), row.stage);
        SCOPED_TRACE(std::to_string(row.code) + " " + row.enhanced.to_string());
        EXPECT_EQ(mapped.reply.code(), row.client_code);
        EXPECT_EQ(mapped.reply.enhanced(), row.client_enhanced);
        EXPECT_EQ(mapped.ours, row.ours);
        EXPECT_EQ(mapped.reply.text() == "text of the hop", !row.ours || row.client_code == row.code);
    }
}

TEST(ReplyMapping, TextIsHarmlessAndBounded) {
    EXPECT_EQ(clean_text("a\x07\x1b[31mb\xff\r"), "a??[31mb??");
    EXPECT_EQ(clean_text("one\ntwo"), "one\ntwo");
    EXPECT_EQ(clean_text(std::string(5000, 'x')).size(), 1000u);
    std::string lines;
    for (int i = 0; i < 50; ++i)
        lines += "x\n";
    EXPECT_EQ(clean_text(lines).size(), 19u) << "ten lines";
}

} // namespace
} // namespace lazaret::relay

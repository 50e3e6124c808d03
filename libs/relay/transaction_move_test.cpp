// A message for which another group takes the place of the one that answered its recipients.

#include "relay/transaction_fixture.hpp"

namespace lazaret::relay {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

class MoveTest : public ParkTest {
  protected:
    MoveTest() : elsewhere_(loop), other_(loop.io, loop.deadlines, {to_hop(elsewhere_)}) {}
    net::task<> send(bool parked, Reply& reply) {
        Transaction transaction(*hops, forward(), from("me@isp.example"));
        std::vector<Reply> replies;
        std::vector<std::string> recipients{"a@x.example", "b@x.example"};
        co_await ask(transaction, std::move(recipients), replies);
        EXPECT_EQ(replies.size(), 2u);
        if (parked) transaction.park();
        transaction.move_to(other_);
        Text content(std::vector<std::string>(1, "Subject: x\r\n\r\nhi\r\n"));
        reply = co_await transaction.data(content);
        failed = transaction.failed();
    }
    int code(bool parked = false) {
        Reply reply;
        loop.run(send(parked, reply));
        return reply.code();
    }
    FakeHop elsewhere_;
    HopGroup other_;
};

TEST_F(MoveTest, TheWholeMessageGoesThere) {
    for (const bool parked : {false, true}) {
        elsewhere_.messages.clear();
        EXPECT_EQ(code(parked), 250);
        ASSERT_EQ(elsewhere_.messages.size(), 1u);
        EXPECT_THAT(elsewhere_.messages[0].rcpts, ElementsAre("RCPT TO:<a@x.example>", "RCPT TO:<b@x.example>"));
        EXPECT_THAT(hop.messages, IsEmpty());
        wait_for_reset(); // the first connection is for others
    }
}

TEST_F(MoveTest, ARecipientThatIsRefusedThereStopsAll) {
    elsewhere_.acts["RCPT TO:<b@x.example>"] = Act("550 5.1.1 unknown\r\n");
    EXPECT_EQ(code(), 451);
    EXPECT_TRUE(failed);
    EXPECT_THAT(elsewhere_.messages, IsEmpty());
}

} // namespace
} // namespace lazaret::relay

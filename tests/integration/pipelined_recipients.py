#!/usr/bin/env python3
"""A client's pipelined recipients reach the next hop as groups, and each has the answer that it would have had alone: the next
hop's own, our own where the line or a limit is at fault, in order, also where the connection is lost between two of them."""

import socket
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402

NETWORKS = """cidr,class,relay,subscriber,plan
127.0.0.1/32,trusted,yes,N-1,unlimited
127.0.2.0/24,dynamic,yes,R-1,residential
"""
PER_MINUTE = 50  # recipients of plan residential


def rcpts(names):
    return [f"RCPT TO:<{name}@isle.example>" for name in names]


def expected(name):
    if "none" in name:
        return f"550 5.1.1 {name} is unknown"
    return f"450 4.2.1 {name} is busy" if "later" in name else f"250 2.1.5 {name} is fine"


class Hop:
    """A next hop that says no to names with "none" or "later" in them, and closes once when it is asked for "lost". It
    names the recipient who was asked for "away" as it goes, unasked before the content for "shout", and for "final" at the end of the content."""

    def __init__(self, pipelining=True):
        self.offer = b"250-hop.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n" if pipelining else b"250-hop.example\r\n250 8BITMIME\r\n"
        self.messages, self.turns = [], []  # recipients taken with a message; recipients asked for at once
        self.lost = 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listening.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def stop(self):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()

    def serve(self, connection):
        with connection:
            connection.sendall(b"220 hop.example ESMTP\r\n")
            buffer, taken, content = b"", [], False
            while octets := connection.recv(65536):
                if not content and (asked := octets.count(b"RCPT TO:")):
                    self.turns.append(asked)
                buffer += octets
                while True:
                    end = b"\r\n.\r\n" if content else b"\r\n"
                    if end not in buffer:
                        break
                    line, _, buffer = buffer.partition(end)
                    if content:
                        final = [name for name in taken if name.startswith("final")]
                        if not final:
                            self.messages.append(taken)
                        content, taken = False, []
                        answer = f"550 5.1.1 User {final[0]} unknown\r\n".encode() if final else b"250 2.0.0 Ok\r\n"
                    elif line.startswith(b"RCPT"):
                        name = line.decode().partition("<")[2].partition("@")[0]
                        if name.startswith("lost") and not self.lost:
                            self.lost += 1
                            return
                        answer = expected(name)
                        if answer.startswith("250"):
                            taken.append(name)
                        if name.startswith("away"):
                            answer = f"421 4.7.0 <{name}@isle.example>: not now, {name}"
                        answer = answer.encode() + b"\r\n"
                    else:
                        verb = line[:4].upper()
                        if verb in (b"MAIL", b"RSET"):
                            taken = []
                        content = verb == b"DATA"
                        shout = "".join(f"550 5.1.1 <{name}@isle.example>: unknown\r\n" for name in taken if name.startswith("shout"))
                        answer = {b"EHLO": self.offer, b"DATA": b"354 go\r\n" + shout.encode(), b"QUIT": b"221 2.0.0 bye\r\n"}.get(verb, b"250 2.0.0 Ok\r\n")
                    connection.sendall(answer)


class Client:
    def __init__(self, case, source="127.0.0.1"):
        self.socket = socket.create_connection(case.lazaret.listener("relay"), timeout=20, source_address=(source, 0))
        case.addCleanup(self.socket.close)
        self.file = self.socket.makefile("rb")
        self.replies(1)
        self.socket.sendall(b"EHLO client.example\r\n")
        self.replies(1)

    def replies(self, count):
        """The last lines of the next replies."""
        found = []
        while len(found) < count:
            line = self.file.readline().decode().rstrip()
            if line[3:4] != "-":
                found.append(line)
        return found

    def reset(self):
        self.socket.sendall(b"RSET\r\n")
        self.replies(1)

    def ask(self, lines, data=True):
        """All at once; the replies to each."""
        lines = ["MAIL FROM:<ann@sender.example>", *lines, *(["DATA"] if data else [])]
        self.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())
        found = self.replies(len(lines))
        if data and found[-1].startswith("354"):
            self.socket.sendall(b"Subject: x\r\n\r\ntext\r\n.\r\n")
            found += self.replies(1)
        return found


class PipelinedRecipients(Case):
    running = False
    pipelining = True

    def setUp(self):
        self.hop = Hop(self.pipelining)
        self.addCleanup(self.hop.stop)
        self.options = {"networks": NETWORKS, "next_hop": self.hop.address, "overrides": ["server.threads=1"]}
        super().setUp()
        self.lazaret.start()

    def check(self, names, answers):
        self.assertEqual(answers[0][:3], "250")
        self.assertEqual(answers[1:len(names) + 1], [expected(name) for name in names])
        self.assertEqual([answer[:3] for answer in answers[len(names) + 1:]], ["354", "250"])
        self.assertEqual(sorted(self.hop.messages[-1]), sorted(name for name in names if expected(name).startswith("250")))

    def test_answers_in_order(self):
        names = [f"none{i}" if i % 7 == 3 else f"box{i}" for i in range(250)]
        client = Client(self)
        self.check(names, client.ask(rcpts(names)))
        self.check(names[:4], client.ask(rcpts(names[:4])))
        if self.pipelining:
            self.assertLessEqual(len(self.hop.turns), 25, self.hop.turns)
            self.assertGreater(max(self.hop.turns), 20)
        else:
            self.assertEqual(set(self.hop.turns), {1})

    def test_lines_that_are_wrong(self):
        names = [f"box{i}" for i in range(30)]
        lines = rcpts(names)
        lines[7], lines[8], lines[20] = "RCPT TO:<box7", "NOOP", "RCPT TO:<box20@isle.example> NOTIFY=PERHAPS"
        answers = Client(self).ask(lines)
        wrong = {7: "501", 8: "250 2.0.0", 20: "555"}
        for i, name in enumerate(names):
            self.assertTrue(answers[i + 1].startswith(wrong.get(i, expected(name))), (i, answers[i + 1]))
        self.assertEqual(answers[-1][:3], "250")
        self.assertEqual(len(self.hop.messages[-1]), 27)

    def test_limits_are_exact(self):
        names = [f"later{i}" if i % 4 == 0 else f"box{i}" for i in range(90)]
        client = Client(self, "127.0.2.1")
        answers = client.ask(rcpts(names))
        taken = 0
        for name, answer in zip(names, answers[1:], strict=False):
            if taken < PER_MINUTE:
                self.assertEqual(answer, expected(name))
                taken += "box" in name
            else:
                self.assertEqual(answer[:1], "4", answer)
        self.assertEqual(taken, PER_MINUTE)
        self.assertEqual(len(self.hop.messages[-1]), PER_MINUTE)

    def test_what_is_refused_uses_nothing(self):
        client = Client(self, "127.0.2.1")
        for _ in range(4):
            self.assertEqual({answer[:3] for answer in client.ask(rcpts(["later"] * 40), data=False)[1:]}, {"450"})
            client.reset()
        self.check(["box"] * PER_MINUTE, client.ask(rcpts(["box"] * PER_MINUTE)))

    def test_a_connection_lost_between(self):
        names = ["box1", "none2", "box3", "lost4", "box5", "none6", "box7"]
        self.check(names, Client(self).ask(rcpts(names)))
        self.assertEqual(self.hop.lost, 1)

    def test_whom_a_refusal_names_is_kept_nowhere(self):
        client = Client(self)
        client.ask(rcpts(["none.lindqvist"]), data=False)
        client.reset()
        self.assertEqual(client.ask(rcpts(["final.lindqvist"]))[-1][:3], "550")
        self.assertEqual(client.ask(rcpts(["away.lindqvist"]), data=False)[-1][:3], "451")
        client.reset()
        self.assertEqual(client.ask(rcpts(["shout.lindqvist"]))[-1][:3], "451")
        client.reset()
        events = "SELECT e::text FROM event e WHERE type = 'message_refused'"
        rows = self.eventually(lambda: len(rows := self.lazaret.sql(events)) == 4 and rows, "the events")
        self.assertEqual(sum(",550,5.1.1," in row[0] for row in rows), 2, rows)
        log = self.lazaret.log_of("lazaret-submission")
        self.assertEqual(log.count("event=next_hop_lost"), 2)
        self.assertIn("421 <***@isle.example>: not now, ***.***", log)
        self.assertIn("550 5.1.1 <***@isle.example>", log)
        kept = [row[0] for row in rows] + [log]
        self.assertFalse([text for text in kept if "lindqvist" in text])


class WithoutPipelining(PipelinedRecipients):
    pipelining = False


if __name__ == "__main__":
    main()

"""Twenty messages of the kinds that customers' programs send, and whether what arrived is what was sent."""

import base64
import email.utils
import quopri
from dataclasses import dataclass, field
from email.parser import BytesParser


@dataclass
class Message:
    kind: str
    body: bytes                 # lines end in LF
    recipients: list = field(default_factory=lambda: ["paul@isle.example"])
    headers: list = field(default_factory=list)
    dsn: bool = False           # asks for a delivery report, where the client can
    message_id: str = ""

    def octets(self, end=b"\r\n"):
        """The whole message, its lines ended as told."""
        lines = ["From: One <one@test.example>", "To: " + ",\n ".join(f"<{one}>" for one in self.recipients),
                 f"Subject: {self.kind}", f"Date: {email.utils.formatdate()}", f"Message-ID: {self.message_id}", *self.headers]
        whole = "\n".join(lines).encode() + b"\n\n" + self.body
        return whole.replace(b"\n", end)

    def faults(self, arrived):
        """`arrived` is the file in the Maildir. What differs, besides fields put in front: sentences."""
        head, _, body = self.octets(b"\n").partition(b"\n\n")
        got_head, blank, got_body = arrived.replace(b"\r\n", b"\n").partition(b"\n\n")
        found = []
        if not blank:
            found.append("no empty line behind the header")
        if got_body != (body if body.endswith(b"\n") or not body else body + b"\n"):
            found.append(f"the body differs: {len(body)} octets sent, {len(got_body)} arrived")
        wanted = BytesParser().parsebytes(head + b"\n\n")
        got = BytesParser().parsebytes(got_head + b"\n\n")
        for name in wanted.keys():
            if name != "Date" and got.get_all(name) != wanted.get_all(name):
                found.append(f"{name} differs: {got.get_all(name)!r}")
        return found


def twenty(client):
    """`client` makes the Message-IDs unlike all others'."""
    text = "A line of text.\nAnd one more.\n"
    blob = bytes(range(256)) * 64
    attachment = base64.encodebytes(blob).decode()
    quoted = quopri.encodestring("Schöne Grüße = viele\n".encode()).decode()
    parts = (f"--cut\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
             f"{quoted}\n--cut\nContent-Type: application/octet-stream; name=a.bin\n"
             f"Content-Disposition: attachment; filename=a.bin\nContent-Transfer-Encoding: base64\n\n{attachment}\n--cut--\n")
    mime = ["MIME-Version: 1.0"]
    plain = [*mime, "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    latin = [*mime, "Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: 8bit"]
    two = ["paul@isle.example", "ines@isle.example"]
    kinds = [
        Message("plain", text.encode()),
        Message("dots at line starts", b".one\n..two\n...three\n. four\n"),
        Message("dots alone", b".\n..\n.\n\n.\n"),
        Message("UTF-8", "Schöne Grüße, 三十.\n".encode(), headers=plain),
        Message("Latin-1", "Schöne Grüße.\n".encode("latin-1"), headers=latin),
        Message("a line of 998", b"x" * 998 + b"\nand more\n"),
        Message("long lines, dots in front", (b"." + b"y" * 900 + b"\n") * 5),
        Message("two recipients", text.encode(), two),
        Message("ten recipients", text.encode(), [f"box{number}@isle.example" for number in range(10)]),
        Message("attachment", parts.encode(), headers=[*mime, 'Content-Type: multipart/mixed; boundary="cut"']),
        Message("attachment, two recipients", parts.encode(), two, [*mime, 'Content-Type: multipart/mixed; boundary="cut"']),
        Message("no body", b""),
        Message("one line", b"x\n"),
        Message("empty lines", b"\n\n\ntext\n\n\n\n"),
        Message("blanks at line ends", b"text \n\t\n  \ntext\t\n"),
        Message("folded fields", text.encode(), headers=["X-Folded: one\n two\n\tthree", "References: <a@test.example>\n <b@test.example>"]),
        Message("three hundred kilobytes", (b"0123456789abcdef" * 4 + b"\n") * 4700),
        Message("From at line starts", b"From here on\n>From there\nFrom \n"),
        Message("words of the protocol", b"QUIT\nRSET\nMAIL FROM:<x@test.example>\nDATA\n250 ok\n"),
        Message("delivery report", text.encode(), dsn=True),
    ]
    for number, message in enumerate(kinds):
        message.message_id = f"<{client}-{number}@test.example>"
    return kinds

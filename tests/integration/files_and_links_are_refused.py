#!/usr/bin/env python3
"""A forbidden attachment, also within a zip file, and a link to a blocked host or to one that a DNS list has are refused at the end
of DATA; what is forbidden follows a reload, and a list that is wrong, away or has everything changes nothing. What SPF says of the
sender's domain is told beside it."""

import email.message
import io
import json
import signal
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402
from support.nameserver import NameServer  # noqa: E402
from support.scanned import ScannedInstance  # noqa: E402

FILE = "5.7.1 The message has an attachment of a type that is not allowed and was not sent. What to do: https://help.isp.example/attachment?case="
SPAM = "5.7.1 The message looks like spam or malware and was not sent. What to do: https://help.isp.example/content?case="


def zipped(name):
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as archive:
        archive.writestr(name, b"words")
    return octets.getvalue()


class FilesAndLinks(Case):
    instance = ScannedInstance

    @classmethod
    def setUpClass(cls):
        cls.names, cls.hijacked, cls.silent = NameServer({"listed.example.key7.dbl.example": "127.0.1.2"}, texts={"test.example": "v=spf1 ip4:192.0.2.25 ~all"}), NameServer(everything="127.0.0.2"), NameServer()
        cls.silent.silent = True
        for server in (cls.names, cls.hijacked, cls.silent):
            cls.addClassCleanup(server.close)
        cls.options = {"sections": {"links": {"mode": "enforce"}, "attachments": {"score": 10.0}, "dns": {"servers": [cls.names.address]},
                                    "dns_list": [{"name": "dbl", "zone": "key7.dbl.example", "of": "domains", "mode": "enforce", "score": 12.0}]}}

    def send(self, text="See the file.", name=None, octets=b"words", first=None):
        """(code, text of the reply, what the event says was found)"""
        message = email.message.EmailMessage()
        message["Subject"], message["From"], message["To"] = "the file", "one@test.example", "paul@isle.example"
        message.set_content(text)
        if first: # beyond content.scan_size
            message.add_attachment(first, maintype="image", subtype="x-raw", filename="photo.raw")
        if name:
            message.add_attachment(octets, maintype="application", subtype="octet-stream", filename=name)
        before = self.events()
        session = self.lazaret.sender().connect()
        session.mail("one@test.example")
        session.rcpt("paul@isle.example")
        code, answer = session.data(message.as_bytes())
        session.quit()
        self.eventually(lambda: self.events() > before, "the event is in the database")
        (row,) = self.lazaret.sql("SELECT array_to_string(findings, ',') FROM event WHERE type LIKE 'message_%' ORDER BY sequence DESC LIMIT 1")
        return code, answer.decode(), row[0]

    def events(self):
        return self.lazaret.number("SELECT count(*) FROM event WHERE type LIKE 'message_%'")

    def expect_refused(self, finding, **message):
        code, text, found = self.send(**message)
        self.assertEqual((code, found), (550, finding), text)
        self.assertTrue(text.startswith(FILE if finding.startswith("attachment.") else SPAM), text)

    def expect_sent(self, finding="", **message):
        code, text, found = self.send(**message)
        self.assertEqual((code, found), (250, finding), text)

    def reload(self, section, key, literal):
        before = self.lazaret.reloads()
        self.lazaret.reload(section, key, literal)
        self.eventually(lambda: self.lazaret.reloads() > before, "the configuration is read again", 20)

    def phases(self):
        return [one["state"] for one in self.lazaret.cli_json("session", "list")]

    def test_files(self):
        self.expect_sent(name="report.txt")
        self.expect_refused("attachment.extension.exe:enforce:10", name="run.exe")
        self.expect_refused("attachment.kind.dos_executable:enforce:10", name="report.dat", octets=b"MZ" + bytes(200))
        self.expect_refused("attachment.inside.js:enforce:10", name="report.zip", octets=zipped("invoice.js"))
        self.expect_refused("attachment.extension.exe:enforce:10", name="run.exe", first=bytes(300_000))
        self.reload("attachments", "allow", '["exe"]')
        self.expect_sent(name="run.exe", octets=b"MZ" + bytes(200))
        self.reload("attachments", "allow", "[]")
        self.reload("content", "reject_score", "20.0")
        self.expect_sent("attachment.extension.exe:enforce:10", name="run.exe")

    def test_links(self):
        blocked = self.lazaret.layout.config / "blocked"
        blocked.write_text("evil.example\n")
        self.expect_sent(text="See https://www.evil.example/now for more.")
        self.reload("links", "block_file", f'"{blocked}"')
        self.expect_refused("uri.blocked.evil.example:enforce:10", text="See https://www.evil.example/now for more.")
        self.expect_sent(text="See https://www.good.example/now for more.")
        blocked.write_text("not a host!\n")
        self.lazaret.reload("links", "mode", '"enforce"')
        self.eventually(lambda: "reload_failed" in self.lazaret.log_of("lazaret-submission"), "the wrong list is reported", 20)
        self.assertIn(f"{blocked}:1", self.lazaret.log_of("lazaret-submission"))
        self.expect_refused("uri.blocked.evil.example:enforce:10", text="See https://www.evil.example/now for more.")
        blocked.write_text("evil.example\n")
        self.ask_dns_lists()

    def ask_dns_lists(self):
        text = "See https://www.listed.example/now for more."
        self.expect_refused("dns.dbl.listed.example:enforce:12", text=text)
        self.expect_sent(text="See https://www.good.example/now for more.")
        self.assertEqual(self.lazaret.metric("lazaret_dns_list_total", list="dbl", result="listed"), 1)
        with tempfile.NamedTemporaryFile("w", suffix=".eml") as file:
            Path(file.name).chmod(0o644)
            file.write(f"From: ann@isle.example\nSubject: x\n\n{text}\n")
            file.flush()
            told = json.loads(self.lazaret.cli("scan", file.name, "--json").stdout)
            self.assertEqual((told["reason"], told["scanners"][0]["name"]), ("dns.dbl.listed.example", "dns.dbl"), told)
            self.assertIn("dns.dbl.listed.example", self.lazaret.cli("scan", file.name).stdout)

        self.reload("next_hop", "egress_addresses", '["192.0.2.25", "192.0.2.26"]')
        self.expect_sent()
        self.eventually(lambda: "test.example" in self.names.asked, "the sender's domain is looked up", 20)
        self.eventually(lambda: self.send() and self.lazaret.cli_json("spf"), "the hint is there for a later message", 20)
        (told,) = self.lazaret.cli_json("spf")
        self.assertEqual((told["domain"], told["subscriber"], told["spf"]), ("test.example", "S-1", "softfail"))
        self.assertIn("Mail from test.example fails SPF", self.lazaret.cli("explain", "S-1").stdout)

        self.reload("dns", "servers", f'"{self.hijacked.address}"')
        self.expect_sent(text=text)
        self.assertGreater(self.lazaret.metric("lazaret_dns_list_off", list="dbl"), 0)
        self.assertIn("dns_list_off", self.lazaret.log_of("lazaret-submission"))

        self.reload("dns", "timeout", '"1s"')
        self.reload("dns", "servers", f'"{self.silent.address}"')
        self.expect_sent(text=text)
        self.assertGreater(self.lazaret.metric("lazaret_dns_list_total", list="dbl", result="away"), 0)
        self.assertEqual(self.lazaret.metric("lazaret_dns_list_off", list="dbl"), 0)
        self.assertNotIn("key7", self.lazaret.log_of("lazaret-submission"))

        # The client goes while the list is asked, and then the service.
        session = self.lazaret.sender().connect()
        session.mail("one@test.example")
        session.rcpt("paul@isle.example")
        session.docmd("DATA")
        session.send(b"Subject: x\r\n\r\nSee https://www.gone.example/now\r\n.\r\n")
        self.eventually(lambda: "scan" in self.phases(), "the list is asked", 20)
        session.close()
        self.eventually(lambda: not self.phases(), "the session ends", 20)
        self.reload("dns", "timeout", '"3s"')
        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(lambda: self.lazaret.sender().send(["paul@isle.example"], "x", "See https://www.late.example/now"))
            self.eventually(lambda: "scan" in self.phases(), "the list is asked", 20)
            self.lazaret.submission.send(signal.SIGTERM)
            self.assertTrue(sending.result().is_sent, sending.result())
        self.assertTrue(self.lazaret.submission.wait_gone(30), "it ends by itself")
        self.assertEqual(self.lazaret.submission.status, 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""A forbidden attachment, also within a zip file, and a link to a blocked host are refused at the end of DATA; what is forbidden
follows a reload, and a wrong list changes nothing."""

import email.message
import io
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402
from support.scanned import ScannedInstance  # noqa: E402

SPAM = "5.7.1 The message looks like spam or malware and was not sent. What to do: https://help.isp.example/content?case="


def zipped(name):
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as archive:
        archive.writestr(name, b"words")
    return octets.getvalue()


class FilesAndLinks(Case):
    instance = ScannedInstance
    options = {"sections": {"links": {"mode": "enforce"}}}

    def send(self, text="See the file.", name=None, octets=b"words"):
        """(code, text of the reply, what the event says was found)"""
        message = email.message.EmailMessage()
        message["Subject"], message["From"], message["To"] = "the file", "one@test.example", "paul@isle.example"
        message.set_content(text)
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
        self.assertTrue(text.startswith(SPAM), text)

    def expect_sent(self, finding="", **message):
        code, text, found = self.send(**message)
        self.assertEqual((code, found), (250, finding), text)

    def reload(self, section, key, literal):
        before = self.lazaret.reloads()
        self.lazaret.reload(section, key, literal)
        self.eventually(lambda: self.lazaret.reloads() > before, "the configuration is read again", 20)

    def test_files(self):
        self.expect_sent(name="report.txt")
        self.expect_refused("attachment.extension.exe:enforce:10", name="run.exe")
        self.expect_refused("attachment.kind.dos_executable:enforce:10", name="report.dat", octets=b"MZ" + bytes(200))
        self.expect_refused("attachment.inside.js:enforce:10", name="report.zip", octets=zipped("invoice.js"))
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


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""A small ticket system: takes signed webhooks (Standard Webhooks), answers with a ticket number, and writes each ticket once
as a line of JSON. A wrong or old signature gets 401, a repeated webhook-id the number it got before."""

import argparse
import base64
import hashlib
import hmac
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TOLERANCE = 300  # seconds between the signature's time and ours
LARGEST = 1 << 20


def signature_fits(secret, headers, body, now):
    """Whether one of the signatures in the header is v1,HMAC-SHA256(secret, id.timestamp.body) and not too old."""
    name, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not name or not at.isdigit() or abs(now - int(at)) > TOLERANCE:
        return False
    signed = hmac.new(secret, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(signed).decode()
    return any(hmac.compare_digest(wanted, given) for given in headers.get("webhook-signature", "").split(" "))


class Tickets:
    """Numbers by webhook-id, kept in the file, so that a restart forgets none."""

    def __init__(self, path):
        self.path = Path(path)
        self.lock = threading.Lock()
        self.numbers = {}
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                entry = json.loads(line)
                self.numbers[entry["webhook_id"]] = entry["ticket"]

    def take(self, webhook_id, body):
        with self.lock:
            if webhook_id not in self.numbers:
                self.numbers[webhook_id] = f"T-{len(self.numbers) + 1:04}"
                entry = {"webhook_id": webhook_id, "ticket": self.numbers[webhook_id], "at": time.time(), "body": body}
                with open(self.path, "a", encoding="utf-8") as file:
                    file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            return self.numbers[webhook_id]


def handler(secret, tickets):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            length = self.headers.get("content-length", "")
            if not length.isdigit() or int(length) > LARGEST:
                self.close_connection = True
                return self.answer(413, {"error": "a body with a length of at most 1 MiB is expected"})
            octets = self.rfile.read(int(length))
            if not signature_fits(secret, self.headers, octets, time.time()):
                return self.answer(401, {"error": "the signature does not fit"})
            try:
                body = json.loads(octets)
            except ValueError:
                return self.answer(400, {"error": "the body is no JSON"})
            return self.answer(200, {"ticket": tickets.take(self.headers["webhook-id"], body)})

        def answer(self, status, value):
            octets = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, form, *values):
            sys.stderr.write(f"{self.log_date_time_string()} {form % values}\n")

    return Handler


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--secret-file", required=True)
    parser.add_argument("--output", required=True)
    options = parser.parse_args()
    secret = base64.b64decode(Path(options.secret_file).read_text().strip().removeprefix("whsec_"))
    server = ThreadingHTTPServer(("127.0.0.1", options.port), handler(secret, Tickets(options.output)))
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()

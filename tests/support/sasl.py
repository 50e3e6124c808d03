"""A client's side of SCRAM-SHA-256(-PLUS) and CRAM-MD5, over smtplib's connections."""

import base64
import hashlib
import hmac
import os


def b64(octets):
    return base64.b64encode(octets).decode()


def certificate_hash(session):
    """tls-server-end-point (RFC 5929) of a certificate signed with SHA-256."""
    return hashlib.sha256(session.sock.getpeercert(True)).digest()


def scram(session, login, password, plus=False, header=None, bound=None):
    """One AUTH command to its end: (code, text). `header` and `bound` are what an honest client would send, unless given."""
    if header is None:
        header = b"p=tls-server-end-point,," if plus else b"n,,"
    if bound is None:
        bound = certificate_hash(session) if plus else b""
    nonce = b64(os.urandom(18)).encode()
    bare = b"n=" + login.encode().replace(b"=", b"=3D").replace(b",", b"=2C") + b",r=" + nonce
    code, text = session.docmd("AUTH", f"SCRAM-SHA-256{'-PLUS' if plus else ''} {b64(header + bare)}")
    if code != 334:
        return code, text
    first = base64.b64decode(text)
    parts = dict(part.split(b"=", 1) for part in first.split(b","))
    assert parts[b"r"].startswith(nonce) and parts[b"r"] != nonce
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(parts[b"s"]), int(parts[b"i"]))
    key = hmac.digest(salted, b"Client Key", "sha256")
    without = b"c=" + b64(header + bound).encode() + b",r=" + parts[b"r"]
    signed = bare + b"," + first + b"," + without
    proof = bytes(a ^ b for a, b in zip(key, hmac.digest(hashlib.sha256(key).digest(), signed, "sha256")))
    code, text = session.docmd(b64(without + b",p=" + b64(proof).encode()))
    if code != 334:
        return code, text
    server = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), signed, "sha256")
    assert base64.b64decode(text) == b"v=" + b64(server).encode(), "the server does not know the password"
    return session.docmd("")


def salt_of(session, login):
    """What a client sees of a login before it has proved anything."""
    code, text = session.docmd("AUTH", "SCRAM-SHA-256 " + b64(b"n,,n=" + login.encode() + b",r=abc"))
    assert code == 334, (code, text)
    session.docmd("*")
    return base64.b64decode(text).split(b",", 1)[1]


def cram_md5(session, login, password):
    code, text = session.docmd("AUTH", "CRAM-MD5")
    if code != 334:
        return code, text
    digest = hmac.new(password.encode(), base64.b64decode(text), "md5").hexdigest()
    return session.docmd(b64(f"{login} {digest}".encode()))


def plain(session, login, password, authzid=""):
    return session.docmd("AUTH", "PLAIN " + b64(f"{authzid}\0{login}\0{password}".encode()))


def login(session, name, password):
    code, text = session.docmd("AUTH", "LOGIN " + b64(name.encode()))
    return session.docmd(b64(password.encode())) if code == 334 else (code, text)

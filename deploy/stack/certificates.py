"""A CA and a certificate for localhost and 127.0.0.1, ECDSA P-256."""

import subprocess

from .layout import own
from .trouble import Trouble


def ensure(layout, user):
    ca, certificate, key = layout.tls / "ca.pem", layout.tls / "cert.pem", layout.tls / "key.pem"
    if not certificate.exists():
        ca_key, request, names = layout.tls / "ca.key", layout.tls / "request.pem", layout.tls / "names"
        names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\n"
                         "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n")
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        _openssl("req", "-x509", *curve, "-days", "3650", "-subj", "/CN=Lazaret quickstart CA", "-keyout", ca_key, "-out", ca,
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        _openssl("req", *curve, "-subj", "/CN=localhost", "-keyout", key, "-out", request)
        _openssl("x509", "-req", "-days", "825", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial",
                 "-extfile", names, "-out", certificate)
        request.unlink()
        names.unlink()
        ca_key.chmod(0o600)
    own(key, "root", user, 0o640)
    for file in (ca, certificate):
        file.chmod(0o644)
    return ca, certificate, key


def _openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Trouble(f"openssl {arguments[0]} failed", details=done.stderr[-500:])

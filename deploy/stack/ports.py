"""Free TCP ports on loopback, and waiting for one to answer."""

import random
import socket


_ours = []  # as long as this process lives


def _reserve(port):
    """False where another process has chosen this port and not opened it yet. A name in the abstract namespace belongs to the
    same network as the port, and goes with its process."""
    mark = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        mark.bind(f"\0lazaret-port-{port}")
    except OSError:
        mark.close()
        return False
    _ours.append(mark)
    return True


def free(taken=()):
    """A port nobody listens on or has just chosen, below the range the kernel hands out to clients, so that it stays free until
    it is used."""
    for _ in range(2000):
        port = random.randrange(20000, 32000)
        if port in taken:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if _reserve(port):
            return port
    raise OSError("no free TCP port between 20000 and 32000 on 127.0.0.1")


def answers(host, port):
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def split(endpoint):
    """'127.0.0.1:25' or '[::1]:25' as (host, port); ValueError if it is neither."""
    host, colon, port = endpoint.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{endpoint!r} is not HOST:PORT")
    return host.strip("[]"), int(port)

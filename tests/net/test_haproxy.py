"""A real proxy in front: HAProxy, in a process of its own, by both versions of the PROXY protocol."""

import contextlib
import os
import shutil
import socket as plain
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from gevent import socket

from chatd.config import LOOPBACK
from chatd.net.server import Server
from chatd.protocol.limits import DEFAULT
from chatd.state.networks import UNIX
from tests.support.certificates import self_signed
from tests.support.live import address_of, serving

HAPROXY: Final = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
pytestmark = pytest.mark.skipif(HAPROXY is None, reason="haproxy is not installed")

#: What stands behind each of its ports.
WAYS: Final = {
    "v1": ("", "{tcp} send-proxy"),
    "v2": ("", "{tcp} send-proxy-v2"),
    "unix": ("", "unix@{unix} send-proxy-v2"),
    "decrypts": (" ssl crt {certificate}", "{tcp} send-proxy-v2-ssl-cn"),
    "without": ("", "{tcp}"),
}
_BEGINNING: Final = """
global
    log stderr format raw local0
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
"""


@contextlib.contextmanager
def haproxy(server: Server) -> Iterator[dict[str, tuple[str, int]]]:
    """Where it listens, by the ways to the server. It is given sockets that listen already, so that nothing
    has to wait until it is ready."""
    host, port = address_of(server.addresses[0])
    files = self_signed()
    with TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        both = Path(folder, "both.pem")
        both.write_bytes(files.certificate.read_bytes() + files.key.read_bytes())
        names = {
            "tcp": f"{host}:{port}",
            "unix": server.addresses[1].removeprefix("unix://"),
            "certificate": both,
        }
        text, places, handles = _BEGINNING, {}, []
        for way, (bind, to) in WAYS.items():
            sock = stack.enter_context(plain.create_server(("127.0.0.1", 0)))
            places[way] = sock.getsockname()
            handles.append(sock.fileno())
            text += f"listen {way}\n    bind fd@{sock.fileno()}{bind.format(**names)}\n"
            text += f"    server chatd {to.format(**names)}\n"
        file = Path(folder, "haproxy.cfg")
        file.write_text(text)
        assert HAPROXY is not None
        process = subprocess.Popen([HAPROXY, "-db", "-f", file], pass_fds=handles)
        try:
            yield places
        finally:
            process.kill()
            process.wait()


@contextlib.contextmanager
def behind(**settings: Any) -> Iterator[tuple[Server, dict[str, tuple[str, int]]]]:
    with TemporaryDirectory() as folder:
        listen = ("tcp://127.0.0.1:0", f"unix://{folder}/chatd.sock")
        with (
            serving(listen=listen, proxies=(*LOOPBACK, UNIX), **settings) as server,
            haproxy(server) as places,
        ):
            yield server, places


def connected(place: tuple[str, int]) -> socket.socket:
    return socket.create_connection(place, source_address=("127.0.0.5", 0))


def is_welcomed(sock: socket.socket, server: Server) -> None:
    """Under the address at which the proxy saw it."""
    host, port = sock.getsockname()
    sock.sendall(b"alice\n")
    assert sock.recv(1000).startswith(b"* you are alice - 1 here")
    [connection] = server._connections
    assert connection.session.peer == f"{host}:{port}"
    sock.sendall(b"/quit\n")
    assert sock.recv(1000) == b"* bye\n"
    assert sock.recv(1000) == b""


def test_the_server_knows_whom_a_proxy_speaks_for() -> None:
    with behind() as (server, places):
        for way in ("v1", "v2", "unix"):
            with connected(places[way]) as sock:
                is_welcomed(sock, server)
        with connected(places["decrypts"]) as plain_sock:
            context = self_signed().client()
            with context.wrap_socket(plain_sock, server_hostname="localhost") as encrypted:
                is_welcomed(encrypted, server)
        with connected(places["without"]) as sock:
            sock.sendall(b"alice\n")
            assert sock.recv(1000).startswith(b"! only a proxy connects from your address")


def test_what_is_encrypted_passes_through_it() -> None:
    files = self_signed()
    with behind(tls_certificate=str(files.certificate), tls_key=str(files.key)) as (server, places):
        for way in ("v1", "v2", "unix"):
            with (
                connected(places[way]) as plain_sock,
                files.client().wrap_socket(plain_sock, server_hostname="localhost") as encrypted,
            ):
                is_welcomed(encrypted, server)


def test_the_limits_are_those_of_whom_it_speaks_for() -> None:
    limits = replace(DEFAULT, address_here=1)
    with behind(limits=limits, exempt=()) as (_, places), connected(places["v2"]) as alice:
        alice.sendall(b"alice\n")
        assert alice.recv(1000).startswith(b"* you are alice")
        with connected(places["v1"]) as bob:
            assert bob.recv(1000).startswith(b"! 1 connections of your address are here")
        with socket.create_connection(places["v1"]) as carol:
            carol.sendall(b"carol\n")
            assert carol.recv(1000).startswith(b"* you are carol")

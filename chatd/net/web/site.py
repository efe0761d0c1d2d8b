"""What is answered to a request of HTTP: the page, the health check, a WebSocket's handshake, or why not.

An address that spoke HTTP is remembered for a while: a browser keeps spare connections to it, and must not be
greeted on them as a person would be.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from socket import gethostname
from typing import Final

from chatd.config import Config
from chatd.net.web.answers import Switch, WebAnswer, refusal
from chatd.net.web.heads import WebRequest
from chatd.net.web.hosts import KnownHosts, is_same
from chatd.net.web.page import PAGE_POLICY, page_for
from chatd.state.expiring_table import ExpiringTable
from chatd.state.networks import network_of
from chatd.state.server_state import ServerState

#: The subprotocol of JSON in frames; who asks for none gets that, too.
SUBPROTOCOL: Final = "chatd.v1"
_PROTOCOL: Final = "sec-websocket-protocol"
_VERSION: Final = "13"
#: RFC 6455, 1.3.
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY_BYTES: Final = 16
_READS: Final = ("GET", "HEAD")
#: An address that spoke HTTP is forgotten up to so many seconds late.
_STEP: Final = 30.0
#: A target with a host of its own, which then counts instead of the header (RFC 9112, 3.2.2).
_ABSOLUTE: Final = re.compile(r"https?://([^/?#]*)(.*)", re.IGNORECASE)


class Site:
    """`hosts` are those that the server is known by; `state` says whether the log takes entries."""

    def __init__(self, state: ServerState, hosts: KnownHosts) -> None:
        self._state: Final = state
        self._hosts: Final = hosts
        self._browsers: ExpiringTable[str, bool] = ExpiringTable(state.limits.addresses, _STEP)
        self._paths: Final[dict[str, Callable[[WebRequest, str, bool], WebAnswer]]] = {
            "/": self._page,
            "/healthz": self._health,
        }

    # -- browsers ------------------------------------------------------------------------------------

    def note_browser(self, address: str) -> None:
        """HTTP was spoken from there."""
        now = self._state.now()
        self._browsers.put(network_of(address), True, now + self._state.limits.browser_time, now)

    def silence_before_greeting(self, address: str) -> float:
        """Seconds in which somebody there may be silent before it is taken for a person."""
        limits = self._state.limits
        self._browsers.forget(self._state.now())
        known = self._browsers.get(network_of(address)) is not None
        return limits.greet_browser_after if known else limits.greet_after

    # -- answers -------------------------------------------------------------------------------------

    def answer(self, request: WebRequest, encrypted: bool) -> WebAnswer | Switch:
        """`encrypted`: it came by TLS."""
        host, path = request.one("host") or "", request.path
        absolute = _ABSOLUTE.fullmatch(request.target)
        if absolute is not None:
            host, path = absolute[1], absolute[2].partition("?")[0] or "/"
        respond = self._paths.get(path)
        if respond is None:
            return refusal(404, "there is nothing here; please look at /", keeps=request.keeps)
        if request.method not in _READS:
            return refusal(405, "this can only be read", ("Allow", ", ".join(_READS)), keeps=request.keeps)
        if path != "/healthz" and not self._is_known(request, host):
            text = "this server does not know itself by that name; please start it with --web-host NAME"
            return refusal(421, text)
        if path == "/" and "websocket" in request.words("upgrade"):
            return self._upgrade(request, host)
        return respond(request, host, encrypted)

    def _is_known(self, request: WebRequest, host: str) -> bool:
        """HTTP/1.0 knows no hosts, and no browser speaks it."""
        return self._hosts.knows(host) or not (host or request.modern)

    def _page(self, request: WebRequest, host: str, encrypted: bool) -> WebAnswer:
        body = page_for(host or "localhost", encrypted)
        return WebAnswer(
            200,
            body,
            kind="text/html; charset=utf-8",
            policy=PAGE_POLICY,
            cache="no-cache",
            keeps=request.keeps,
        )

    def _health(self, request: WebRequest, host: str, encrypted: bool) -> WebAnswer:
        if self._state.log.takes:
            return WebAnswer(200, b"ok\n", keeps=request.keeps)
        return refusal(503, "what is said cannot be stored", ("Retry-After", "5"), keeps=request.keeps)

    def _upgrade(self, request: WebRequest, host: str) -> WebAnswer | Switch:
        """RFC 6455, 4.2."""
        origins = request.headers.get("origin", ())
        if len(origins) > 1 or not all(is_same(origin, host) for origin in origins):
            return refusal(403, "a page of another site cannot connect here")
        if request.method != "GET" or not request.modern or "upgrade" not in request.words("connection"):
            return refusal(400, "a WebSocket begins with GET, in HTTP/1.1, and Connection: Upgrade")
        if request.one("sec-websocket-version") != _VERSION:
            text = f"WebSocket's version {_VERSION} is what is spoken here"
            return refusal(426, text, ("Sec-WebSocket-Version", _VERSION), ("Upgrade", "websocket"))
        key = request.one("sec-websocket-key") or ""
        if not _is_key(key):
            return refusal(400, "the Sec-WebSocket-Key is not 16 bytes in base64")
        protocols = [
            word.strip() for value in request.headers.get(_PROTOCOL, ()) for word in value.split(",")
        ]
        if protocols and SUBPROTOCOL not in protocols:
            return refusal(400, f"{SUBPROTOCOL} is spoken here; please ask for that subprotocol, or for none")
        accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()
        spoken = (("Sec-WebSocket-Protocol", SUBPROTOCOL),) if protocols else ()
        return Switch((("Sec-WebSocket-Accept", accept), *spoken))


def make_site(state: ServerState, config: Config) -> Site:
    """By the names of this machine, and what is set."""
    return Site(state, KnownHosts((gethostname(), *config.web_hosts)))


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        return False

"""A conversation of HTTP: one request after the other, each answered before the next is looked at.

A head has to come in time (408), and what is asked for on one connection has a rate. A connection on which
nothing is asked for is kept for a while, and closed without a word, as browsers expect.
"""

from typing import Final

import gevent
from gevent import Timeout, socket

from chatd.net.closing import drop_input
from chatd.net.transports import Transport
from chatd.net.web.answers import Switch, WebAnswer, refusal
from chatd.net.web.heads import BadHead, HeadBuffer, WebRequest
from chatd.net.web.site import Site
from chatd.state.networks import host_of
from chatd.state.server_state import ServerState
from chatd.state.token_bucket import TokenBucket


class WebConversation:
    """Of one connection, to `run` once. `wants_tls`: nothing is answered but that."""

    def __init__(self, transport: Transport, site: Site, state: ServerState, wants_tls: bool = False) -> None:
        self._transport: Final = transport
        self._site: Final = site
        self._wants_tls: Final = wants_tls
        self._share: Final = state.admission.share_of(host_of(transport.peer))
        self._limits = limits = state.limits
        self._now: Final = state.now
        self._today: Final = state.today
        self._heads: Final = HeadBuffer(limits)
        self._rate: Final = TokenBucket(limits.free_burst, limits.free_rate)
        self._unpaid = 0  # bytes that came, for which the address has not paid yet

    def run(self) -> bytes | None:
        """Answer until there is no more to be answered, and close: None. Or what came behind the handshake,
        when it is a WebSocket from here on. Raises OSError."""
        self._site.note_browser(host_of(self._transport.peer))
        patience = self._limits.head_time
        while (asked := self._next(patience)) is not None:
            self._wait_for_rate()
            answer = self._answer(asked)
            if isinstance(answer, Switch):
                self._send(answer.encode())
                return self._heads.take()
            head_only = isinstance(asked, WebRequest) and asked.method == "HEAD"
            self._send(answer.encode(self._today() / 1000, head_only))
            if not answer.keeps:
                break
            patience = self._limits.http_idle
        self._close()
        return None

    def _answer(self, asked: WebRequest | BadHead) -> WebAnswer | Switch:
        if self._wants_tls:
            return refusal(403, "others could read what you say: please write https:// or wss:// instead")
        if isinstance(asked, BadHead):
            return refusal(asked.status, asked.text)
        return self._site.answer(asked, self._transport.scheme == "tls")

    def _wait_for_rate(self) -> None:
        """That of the connection, and of all lines and bytes that come from its address."""
        now, lines = self._now(), 1 + self._unpaid / self._limits.address_line_bytes
        self._unpaid = 0
        held = 0.0 if self._share is None else self._share.take_lines(now, lines)
        gevent.sleep(max(held, self._rate.wait(now)))
        self._rate.take(self._now())

    def _next(self, patience: float) -> WebRequest | BadHead | None:
        """The next request, or what is wrong with it. None at the end of input, or where nothing came for so
        long."""
        heads, now, limits = self._heads, self._now, self._limits
        begun, deadline = False, now() + patience
        while True:
            try:
                asked = heads.pop()
            except BadHead as error:
                return error
            if asked is not None:
                return asked
            if heads.begun and not begun:
                begun, deadline = True, now() + limits.head_time
            try:
                data = self._transport.receive(limits.head_bytes)
            except BlockingIOError:
                left = deadline - now()
                if left <= 0 or not self._transport.wait_readable(left):
                    late = BadHead(408, f"a request has to come in {limits.head_time:g} seconds")
                    return late if begun else None
                continue
            if not data:
                return None
            self._unpaid += len(data)
            heads.feed(data)

    def _send(self, data: bytes) -> None:
        """All of it, which an empty socket takes at once."""
        transport, rest = self._transport, memoryview(data)
        with Timeout(self._limits.head_time, TimeoutError("an answer was not taken")):
            while rest:
                try:
                    rest = rest[transport.send(rest) :]
                except BlockingIOError:
                    wait = socket.wait_read if transport.send_needs_input else socket.wait_write
                    wait(transport.fileno())

    def _close(self) -> None:
        """As TCP wants it (see closing.py): what still comes, a body for example, is dropped."""
        self._transport.shutdown()
        with Timeout(self._limits.leave_time, False):  # type: ignore[arg-type]  # as documented
            drop_input(self._transport, self._limits.dropped, lambda: True)
        self._transport.close()

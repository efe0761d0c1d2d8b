"""The server: listeners, connections, the flusher, and shutdown."""

import contextlib
import resource
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gevent
from gevent.event import Event
from gevent.server import StreamServer
from gevent.socket import socket
from greenlet import greenlet

from chatd.behaviour import presence
from chatd.config import Config
from chatd.net.connection import Connection
from chatd.net.flusher import Flusher
from chatd.net.listeners import listen
from chatd.net.logs import log
from chatd.net.poll_interval import PollInterval
from chatd.net.standstill import Heartbeat
from chatd.net.transports import Listener, Transport
from chatd.net.yielding import give_way
from chatd.protocol.dialects import TEXT
from chatd.protocol.errors import Code, ConfigError
from chatd.protocol.events import GOING_DOWN, Bye, Error
from chatd.protocol.limits import DEFAULT, Limits
from chatd.protocol.requests import LOBBY
from chatd.protocol.version import SERVER
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState

#: So many connections are closed before the other greenlets run: a few milliseconds.
_HANG_UPS = 500
_DOWN = TEXT.encode(Bye(reason=GOING_DOWN))
_FULL = TEXT.encode(Error(code=Code.FULL, text="the server is full"))


def max_clients(wanted: int | None, limits: Limits) -> int:
    """How many clients the file limit allows, or ConfigError when that is fewer than wanted. The soft limit
    is raised to the hard one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    most = hard - limits.spare_files
    if most < 1:
        raise ConfigError(f"this process may open only {hard} files; please raise the limit (ulimit -Hn)")
    if wanted is not None and wanted > most:
        raise ConfigError(
            f"cannot serve {wanted} clients: this process may open {hard} files, which leaves {most}; "
            "please raise the limit (ulimit -Hn) or lower --max-clients"
        )
    return most if wanted is None else wanted


class Server:
    """`start`, then `stop`. `addresses` are the URIs really bound; nothing is bound when the constructor
    raises ConfigError."""

    def __init__(self, config: Config, limits: Limits = DEFAULT) -> None:
        limits = replace(limits, line_rate=config.line_rate)
        self._max_clients = max_clients(config.max_clients, limits)
        self.state = ServerState(
            limits=limits,
            now=time.monotonic,
            at=lambda: time.time_ns() // 1_000_000,
            new_token=lambda: secrets.token_urlsafe(16),
        )
        self.state.rooms[LOBBY] = Room(LOBBY, limits)
        self.flusher = Flusher(self.state)
        self._flushing = gevent.Greenlet(self._flush)
        self._poll_interval = PollInterval()
        self._heartbeat = Heartbeat(self._stood_still)
        #: Set when the server cannot go on; `stop` it then.
        self.failed = Event()
        self._connections: dict[Connection, greenlet] = {}
        self._listeners: list[StreamServer] = []
        self._going_down = False
        self._told_full = False  # once for each time that it is
        self.addresses: list[str] = []
        with contextlib.ExitStack() as undo:
            for uri in config.listen:
                listener = listen(uri, limits)
                undo.enter_context(listener.sock)
                self.addresses.append(listener.uri)
                self._listeners.append(StreamServer(listener.sock, self._serving(listener)))
            undo.pop_all()

    def _serving(self, listener: Listener) -> Callable[[socket, Any], None]:
        """The body of a client's greenlet, for those whom this listener accepts."""
        return lambda sock, peer: self._serve(listener.accept(sock, peer))

    def _flush(self) -> None:
        """The flusher's greenlet. Without it the server would accept everything and deliver nothing, so it
        ends."""
        try:
            self.flusher.run()
        except Exception:
            log.exception("an error in the flusher; the server goes down")
            self.failed.set()

    def _stood_still(self, seconds: float) -> None:
        """Nobody is judged for time in which the server did not run."""
        log.warning("the server stood still for %.0f s (stopped, or its machine was suspended)", seconds)
        self.flusher.forgive(seconds)
        for connection in self._connections:
            connection.forgive(seconds)

    def start(self) -> None:
        """Begin to accept."""
        self._flushing.start()
        self._poll_interval.start()
        self._heartbeat.start()
        for listener in self._listeners:
            listener.start()
        log.info(
            "%s listens on %s, for at most %d clients",
            SERVER,
            ", ".join(self.addresses),
            self._max_clients,
        )

    def stop(self) -> None:
        """Go down: tell everyone, write what waits, close. Takes at most `down_time` seconds."""
        self._going_down = True
        for listener in self._listeners:
            listener.stop(0)
        connections, greenlets = list(self._connections), list(self._connections.values())
        count = len(connections)
        for connection in connections:
            presence.go_down(self.state, connection.session)
        for number, connection in enumerate(connections):
            connection.hang_up_at_once()
            if number % _HANG_UPS == _HANG_UPS - 1:
                give_way()
        gevent.joinall(greenlets, timeout=self.state.limits.down_time)
        gevent.killall(greenlets)
        self._flushing.kill()
        self._poll_interval.stop()
        self._heartbeat.stop()
        told = sum(connection.written for connection in connections)
        log.info("%s went down; %d of %d clients were told", SERVER, told, count)

    def _serve(self, transport: Transport) -> None:
        if self._going_down:
            self._turn_away(transport, _DOWN)
            return
        if len(self._connections) >= self._max_clients:
            if not self._told_full:
                log.warning("the server is full: %d clients; more are turned away", len(self._connections))
            self._told_full = True
            self._turn_away(transport, _FULL)
            return
        connection = Connection(transport, self.state, self.flusher)
        self._connections[connection] = gevent.getcurrent()
        self._told_full = False
        try:
            connection.run()
        finally:
            del self._connections[connection]

    def _turn_away(self, transport: Transport, why: bytes) -> None:
        """Send one line and no more: an empty socket buffer takes it at once. What the client has sent by now
        is read, since unread input would turn the close into a reset, and cost it the line."""
        with contextlib.suppress(OSError):
            transport.send(why)
            transport.receive(self.state.limits.line)

"""The server: listeners, connections, the flusher, and shutdown."""

import contextlib
import resource
from dataclasses import replace
from itertools import chain
from pathlib import Path

import gevent
from gevent.event import Event
from greenlet import greenlet

from chatd.behaviour import presence
from chatd.config import IN_MEMORY, Config
from chatd.net.accepting import Acceptor
from chatd.net.admin_socket import AdminSocket
from chatd.net.building import build_state
from chatd.net.certificates import make_certificates
from chatd.net.connection import Connection
from chatd.net.entrance import Entrance, turn_away
from chatd.net.flusher import Flusher
from chatd.net.listeners import listen
from chatd.net.logs import log
from chatd.net.opening import Opened, Opening, Unencrypted, check_plaintext
from chatd.net.passwords import OWASP, Costs
from chatd.net.poll_interval import PollInterval
from chatd.net.proxies import Proxies
from chatd.net.repeated import RepeatedWarning
from chatd.net.standstill import Heartbeat
from chatd.net.transports import Transport
from chatd.net.transports.tls import HandshakeFailed
from chatd.net.web.pinging import Pinger
from chatd.net.web.site import make_site
from chatd.net.webhooks import Webhooks
from chatd.net.yielding import give_way
from chatd.protocol.dialects import TEXT
from chatd.protocol.errors import Code, ConfigError
from chatd.protocol.events import GOING_DOWN, Bye, Error
from chatd.protocol.limits import DEFAULT, Limits
from chatd.protocol.version import SERVER
from chatd.state.networks import host_of

#: So many connections are closed before the other greenlets run: a few milliseconds.
_HANG_UPS = 500
#: Seconds for the answers to `chatd admin` to be taken, when the server goes down.
_LAST_ANSWERS = 1.0
_UNENCRYPTED = TEXT.encode(
    Error(
        code=Code.NOT_PRIVATE,
        text="others could read what you say: this server wants TLS; please connect with chat, or with "
        "openssl s_client -quiet -connect HOST:PORT",
    )
)
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
    raises ConfigError. `costs` is what a password costs."""

    def __init__(self, config: Config, limits: Limits = DEFAULT, *, costs: Costs = OWASP) -> None:
        limits = replace(limits, line_rate=config.line_rate)
        self._max_clients = max_clients(config.max_clients, limits)
        #: Set when the server cannot go on; `stop` it then.
        self.failed = Event()
        self.state = build_state(config, limits, self.failed.set, costs)
        self._webhooks = Webhooks(config.webhooks, self.state) if config.webhooks else None
        self.flusher = Flusher(self.state)
        self._flushing = gevent.Greenlet(self._flush)
        self._poll_interval = PollInterval()
        self._heartbeat = Heartbeat(self._stood_still)
        self._pinger = Pinger(self.state)
        self._open = 0  # connections, each from accept until its socket is closed
        self._not_begun = 0  # of them, those whose greenlet waits for its first turn
        self._certificates = make_certificates(config)
        self._opening = Opening(
            self.state, self._certificates, config.plaintext, make_site(self.state, config)
        )
        self._entrance = Entrance(self.state, Proxies(config.proxies, limits))
        self._openings: set[greenlet] = set()  # greenlets of connections that are not opened yet
        self._connections: dict[Connection, greenlet] = {}
        self._acceptors: list[Acceptor] = []
        self._going_down = False
        self._full, self._not_accepted = RepeatedWarning(), RepeatedWarning()
        self.addresses: list[str] = []
        with contextlib.ExitStack() as undo:
            undo.callback(self.state.log.close)
            undo.callback(self.state.passwords.close)
            self._admin = self._make_admin_socket(config)
            if self._admin is not None:
                undo.callback(self._admin.stop)
            for listener in chain.from_iterable(listen(uri, limits) for uri in config.listen):
                undo.callback(listener.close)
                self.addresses.append(listener.uri)
                check_plaintext(config, listener)
                self._acceptors.append(
                    Acceptor(listener, self._admit, self._settled, limits.accepts, self._not_accepted)
                )
            undo.pop_all()

    def _make_admin_socket(self, config: Config) -> AdminSocket | None:
        """Beside the data. A file system that has no sockets does not keep the server from running."""
        if config.data == IN_MEMORY:
            return None
        try:
            return AdminSocket(Path(config.data), self.state)
        except OSError as error:
            log.warning("chatd admin cannot reach this server: no socket in %s: %s", config.data, error)
            return None

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

    @property
    def reloads(self) -> bool:
        """Whether there is anything that `reload` would read."""
        return self._certificates is not None

    def reload(self) -> None:
        """Read again what may have changed in files; nobody is disconnected."""
        if self._certificates is not None:
            self._certificates.reload()

    def start(self) -> None:
        """Begin to accept."""
        self._flushing.start()
        self._poll_interval.start()
        self._heartbeat.start()
        self._pinger.start()
        if self._webhooks is not None:
            self._webhooks.start()
        if self._admin is not None:
            self._admin.start()
        for acceptor in self._acceptors:
            acceptor.start()
        log.info(
            "%s listens on %s, for at most %d clients",
            SERVER,
            ", ".join(self.addresses),
            self._max_clients,
        )

    def stop(self, asked_at: float | None = None) -> None:
        """Go down: tell everyone, write what waits, close. Takes at most `down_time` seconds from when it was
        asked for, by `state.now`: from now, where that is not given."""
        now = self.state.now
        # Without its flusher nothing is written any more: then nobody is waited for.
        down_time = 0 if self.failed.is_set() else self.state.limits.down_time
        deadline = (now() if asked_at is None else asked_at) + down_time
        self._going_down = True
        for acceptor in self._acceptors:
            acceptor.stop()
        if self._admin is not None:
            self._admin.stop()
        # What was said is stored, told and answered; nothing more is taken. The other half is for last words.
        self.state.log.finish(max(0.0, deadline - now()) / 2)
        if self._webhooks is not None:
            self._webhooks.hurry()
        if self._admin is not None:
            self._admin.close(min(_LAST_ANSWERS, max(0.0, deadline - now())))
        gevent.killall(list(self._openings), block=False)
        connections, greenlets = list(self._connections), list(self._connections.values())
        count = len(connections)
        for connection in connections:
            presence.go_down(self.state, connection.session)
        for number, connection in enumerate(connections):
            connection.hang_up_at_once()
            if number % _HANG_UPS == _HANG_UPS - 1:
                give_way()
        gevent.joinall(greenlets, timeout=max(0.0, deadline - now()))
        gevent.killall(greenlets)
        self._flushing.kill()
        if self._webhooks is not None:  # nobody is told anything any more
            self._webhooks.stop(deadline - now())
        self._poll_interval.stop()
        self._heartbeat.stop()
        self._pinger.stop()
        for warning in (self._full, self._not_accepted, self._entrance):
            warning.stop()
        self.state.passwords.close()
        self.state.log.close()
        told = sum(connection.written for connection in connections)
        log.info("%s went down; %d of %d clients were told", SERVER, told, count)

    def _admit(self, transport: Transport) -> None:
        """Give a connection that was just accepted its greenlet, or turn it away."""
        if self._open >= self._max_clients:
            self._full.warn("the server is full: %d clients; more are turned away", self._open)
            self._turn_away(transport, _FULL)
            return
        passed_on = self._entrance.is_proxy(transport)
        if not passed_on and not self._entrance.enter(transport):
            return
        self._open += 1
        self._not_begun += 1
        gevent.spawn(self._serve, transport, passed_on)

    def _settled(self) -> bool:
        """Whether all who were accepted have had their first turn, and the members of the lobby hear of them
        soon. Else more are accepted in a storm than the event loop can begin with, and whatever else it has
        to call comes seconds later."""
        return not self._not_begun and not self.state.rooms.lobby.notices.overfull

    def _serve(self, transport: Transport, passed_on: bool) -> None:
        """The body of a client's greenlet; `passed_on`: by a proxy, which has to say for whom it speaks."""
        self._not_begun -= 1
        try:
            if self._going_down:
                self._turn_away(transport, _DOWN)
                return
            if passed_on and not self._take_header(transport):
                return
            address = host_of(transport.peer)
            try:
                self._serve_entered(transport)
            finally:
                self._entrance.leave(address)
        finally:
            self._open -= 1

    def _take_header(self, transport: Transport) -> bool:
        """Whether a proxy said for whom it speaks, who came in; else the transport is closed."""
        greenlet = gevent.getcurrent()
        self._openings.add(greenlet)
        try:
            return self._entrance.take_header(transport)
        except (OSError, gevent.GreenletExit):
            transport.close()
            return False
        finally:
            self._openings.discard(greenlet)

    def _serve_entered(self, transport: Transport) -> None:
        opened = self._open_connection(transport)
        if opened is None:
            return
        connection = Connection(
            opened.transport, self.state, self.flusher, silent=opened.silent, frames=opened.frames
        )
        self._connections[connection] = gevent.getcurrent()
        try:
            connection.run()
        finally:
            del self._connections[connection]

    def _open_connection(self, transport: Transport) -> Opened | None:
        """Where it comes to nothing, the transport is closed."""
        greenlet, opened = gevent.getcurrent(), None
        self._openings.add(greenlet)
        try:
            opened = self._opening.open(transport)
        except Unencrypted:
            self._turn_away(transport, _UNENCRYPTED)
        except (OSError, gevent.GreenletExit) as error:
            if isinstance(error, HandshakeFailed):
                self._entrance.failed(transport)
            transport.close()
        except Exception:
            log.exception("an error while %s was let in; the connection is closed", transport.peer)
            transport.close()
        finally:
            self._openings.discard(greenlet)
        if opened is not None and self._going_down:
            self._turn_away(opened.transport, _DOWN)
            return None
        return opened

    def _turn_away(self, transport: Transport, why: bytes) -> None:
        turn_away(transport, why, self.state.limits)

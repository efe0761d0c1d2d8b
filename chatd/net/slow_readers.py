"""Readers that are behind: who takes nothing for too long is ended, and while too many of a room are behind,
its talkers are held (state/brake.py says whom they wait for).
"""

from collections.abc import Mapping
from typing import Final

from chatd.net.draining import Drain
from chatd.protocol.events import Cause
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session

#: Thousands may be behind: they are looked through no more often than this, in seconds.
_CHECK_INTERVAL: Final = 0.005
#: How often it is judged whom talkers need not wait for, in seconds.
_JUDGE_INTERVAL: Final = 0.5
#: With anyone behind there is a check each second: one that comes so late comes after a standstill, of which
#: the heartbeat tells before the next.
_LATE: Final = 2.0


class SlowReaderCheck:
    """`drains` are the flusher's: of everyone who is behind."""

    def __init__(self, state: ServerState, drains: Mapping[Session, Drain]) -> None:
        self._state = state
        self._drains = drains
        self._judged_at = self._checked_at = 0.0
        self._held: set[Room] = set()

    def check(self) -> None:
        """End clients that took nothing for too long, or leave too many notices unread; hold the talkers of
        rooms with too many slow readers."""
        state, limits, now = self._state, self._state.limits, self._state.now()
        late = now > self._checked_at + _LATE
        if now < self._checked_at + _CHECK_INTERVAL:
            return
        self._checked_at = now
        if now >= self._judged_at + _JUDGE_INTERVAL:
            self._judge(now)
        slow = dict.fromkeys(self._held, 0)
        for session, drain in list(self._drains.items()):
            idle = now - session.outbox.progress_at
            if session.outbox.overfull or (idle >= limits.stall and not late):
                self._end(session, drain)
            elif idle < limits.stuck_after and not drain.pace.excused and session.outbox.backlog.rooms:
                for membership in session.memberships:
                    room = state.rooms[membership.room]
                    slow[room] = slow.get(room, 0) + 1
        for room, count in slow.items():
            room.assess(count)
            room.pace.hold(room.held, now)
        self._held = {room for room in slow if room.held}

    def _end(self, session: Session, drain: Drain) -> None:
        """After a last look at the socket: it may have become writable while the server was busy."""
        outbox = session.outbox
        progress = outbox.progress_at
        drain.write()
        if outbox.waiting and (outbox.progress_at == progress or outbox.overfull):
            session.connection.broken(Cause.TOO_SLOW)

    def _judge(self, now: float) -> None:
        """Find out how fast those who are behind take what is said, and whom nobody has to wait for."""
        state, limits = self._state, self._state.limits
        self._judged_at = now
        rates: dict[str, list[float]] = {room.name: [] for room in state.pending.talked}
        state.pending.talked.clear()
        for session, drain in self._drains.items():
            drain.pace.measure(session.outbox.backlog.taken, now, limits.slow_window)
            for membership in session.memberships:
                of_room = rates.setdefault(membership.room, [])
                if drain.pace.rate is not None:
                    of_room.append(drain.pace.rate)
        rooms_seen = [room for name in rates if (room := state.rooms.get(name))]
        samples = {
            room.name: room.pace.sample(room.delivered, len(room), rates[room.name], now)
            for room in rooms_seen
        }
        for session, drain in self._drains.items():
            rooms = (samples[membership.room] for membership in session.memberships)
            drain.pace.judge(session.outbox.private, rooms, limits)

    def forgive(self, seconds: float) -> None:
        """The server stood still for so long: that is no time of the readers'."""
        now = self._state.now()
        for session, drain in self._drains.items():
            session.outbox.progress_at = min(session.outbox.progress_at + seconds, now)
            drain.pace.forgive(seconds)

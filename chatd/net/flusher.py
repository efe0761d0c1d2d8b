"""From the outboxes to the sockets.

One greenlet works in rounds. A round visits every client for which something waits, and makes one
non-blocking send of all of it. Each client gets what was published up to its own turn, not up to the
beginning of the round, so nobody waits longer than from one of its turns to the next.

Where there is processor time to spare a message is sent at once. Else work is followed by a rest that is
about as long, within a bound (see resting.py): a send costs the same for ten messages as for one, so batches
make deliveries cheap, and meanwhile readers get the processor. Rests are taken every few milliseconds within
a round, as soon as there is something for the next one, and at its end: so what comes in is read soon, and
readers that share a processor or a wire are not all written to in one burst. A rest ends early when the next
round is full.

The contract between the greenlets (the numbers are ARCHITECTURE.md's):

MUST 2, 6. Exactly one writes to a socket: the flusher while its outbox keeps up, its `Drain` from the first
    short write until the backlog is empty. A frozen reader costs a round next to nothing.
MUST 4. An error on one socket ends at most that client.
Backpressure. `wait_for_round` returns when a round ends, and every few milliseconds while someone waits.
    Talkers are held while their room is crowded (see rooms.py); they wait for a round and check again, in the
    order in which they began to wait, so nobody overtakes them.
"""

from gevent.event import Event

from chatd.behaviour.fanout import flush_due_notices
from chatd.behaviour.moderation.putting_out import put_out_some
from chatd.net.draining import Drain, pulse
from chatd.net.resting import RestAccount
from chatd.net.slow_readers import SlowReaderCheck
from chatd.net.writing import RoundWriter, write
from chatd.net.yielding import Turns, give_way
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session

#: How often readers that are behind are checked when nothing else happens.
_CHECK_INTERVAL = 1.0
#: Readers in a row, so sends between two readings of the clock: about 0.3 ms.
_ROW = 32


class Flusher:
    """`run` is the greenlet. `rounds` counts them, for tests and the curious; `turns` is the greenlets that
    share the processor with it."""

    def __init__(self, state: ServerState) -> None:
        self.state = state
        self.rounds = 0
        self.turns = Turns()
        self._drains: dict[Session, Drain] = {}
        self._writer = RoundWriter(state.now, lambda: state.log.last_id, self._behind)
        self._slow_readers = SlowReaderCheck(state, self._drains)
        self._wake = Event()
        self._full = Event()  # the next round is full: no rest
        self._round_ended = Event()
        self.log_moved = Event()  # set for a moment when the log took or answered something
        self._began = state.now()  # when the current stretch of work began
        self._stretch = state.limits.stretch  # how long it may be
        self._rests = RestAccount(state.limits)
        self._waiting = 0  # greenlets in `wait_for_round`
        self._putting_out: float | None = None  # when some were put out, where there are more
        self._asleep = False  # nothing is pending, and no round will come by itself
        self._woken_at = 0.0  # when there was first something for the next round, or on its way into the log
        state.pending.wake = self._woken
        state.log.moved = lambda: pulse(self.log_moved)

    def _woken(self) -> None:
        """Something waits to be written, or to be announced."""
        if not self._wake.is_set():
            since = self.state.log.since
            self._woken_at = self.state.now() if since is None else since
            self._wake.set()

    def wait(self, session: Session) -> None:
        """Until `session` may have been written to: its drain wrote something, or a round ended."""
        drain = self._drains.get(session)
        if drain is not None:
            drain.moved.wait()
        else:
            self.wait_for_round()

    def wait_for_round(self) -> None:
        """Until a round ends."""
        self._waiting += 1
        if self._asleep:
            self._woken()
        if self.state.pending.full:
            self._full.set()
        try:
            self._round_ended.wait()
        finally:
            self._waiting -= 1

    def write_now(self, session: Session) -> None:
        """Write what waits for `session` without waiting for a round: its last words. Raises OSError."""
        if not write(session, self.state.now):
            self._behind(session)

    def forget(self, session: Session) -> None:
        """No drain writes to `session` any more."""
        drain = self._drains.pop(session, None)
        if drain is not None:
            drain.stop()

    def forgive(self, seconds: float) -> None:
        """The server stood still for so long: that is no time of the readers'."""
        self._slow_readers.forgive(seconds)

    def run(self) -> None:
        """Rounds for ever."""
        state = self.state
        while True:
            self._wake.clear()
            self._put_out()
            due = flush_due_notices(state)
            worked = bool(state.pending)
            if worked:
                self._round()
            self._slow_readers.check()
            self._full.clear()
            pulse(self._round_ended)
            self._note_work()
            if state.leaving:
                self._pause(rest=False)
            elif state.pending or (worked and self._rests.due):
                self._pause(rest=worked)
            else:
                self._sleep(due)

    def _put_out(self) -> None:
        """Some of those who have to go, when there are any."""
        now, since = self.state.now, self._putting_out
        if self.state.leaving:
            put_out_some(self.state, 0.0 if since is None else now() - since)
        self._putting_out = now() if self.state.leaving else None

    def _note_work(self) -> None:
        """Account for the work since it began."""
        now = self.state.now()
        self._rests.worked(now - self._began)
        self._began = now

    def _sleep(self, due: float | None) -> None:
        """Until there is something to do."""
        self._asleep = not self._waiting
        self._wake.wait(self._idle_time(due))
        self._asleep = False
        slept_since, self._began = self._began, self.state.now()
        self._rests.idle(self._idle_since(slept_since))

    def _idle_since(self, stopped: float) -> float:
        """For how long from then to now nothing waited to be written, nor was on its way into the log."""
        since = self._woken_at if self._wake.is_set() else self.state.log.since
        return max(0.0, (self._began if since is None else min(since, self._began)) - stopped)

    def _idle_time(self, due: float | None) -> float | None:
        """Seconds until there is something to do by itself; None for never."""
        waits = []
        if due is not None:
            waits.append(max(0.0, due - self.state.now()))
        if self._waiting:
            waits.append(self.state.limits.rest_max)
        if self._drains:
            waits.append(_CHECK_INTERVAL)
        return min(waits, default=None)

    def _round(self) -> None:
        """One send to each client. Yields to the hub every few milliseconds, so that a large room starves
        nobody."""
        now, pending = self.state.now, self.state.pending
        self.rounds += 1
        self._rests.begin_round()
        for row in pending.round(_ROW):
            self._writer.write_row(row)
            if now() > self._began + self._stretch:
                self._pause(rest=bool(pending) or self.state.log.since is not None)

    def _behind(self, session: Session) -> None:
        self._drains[session] = Drain(session, self.state.now, self.forget)

    def _pause(self, *, rest: bool) -> None:
        """After a stretch of work: rest where that is due, or yield to the others."""
        now, limits, rests = self.state.now, self.state.limits, self._rests
        self._note_work()
        stopped = self._began
        if rest and rests.due and not self._full.is_set():
            nothing_waits = not self._wake.is_set()
            self._full.wait(rests.due)
            self._began = now()
            rests.rested(self._began - stopped)
            if nothing_waits:
                rests.idle(self._idle_since(stopped))
        else:
            give_way()
            self._began = now()
            # With greenlets that use up their slices its turns are rare, so they are longer: its share of the
            # processor must not shrink.
            away = self._began - stopped if self.turns.share < 1 else 0.0
            self._stretch = min(max(limits.stretch, away / 2), limits.rest_max)
            if self.state.log.since is None:  # else it may have been the log's threads that worked
                rests.idle(self._began - stopped)

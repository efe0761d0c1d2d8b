"""What the talkers of a room send: a fixed rate (open loop), or as much as a window allows (closed loop)."""

from time import monotonic_ns

from loadtests.engine.rooms import LoadRoom


class Paced:
    """Open loop: message k is due at k / rate, however slow the server is, and its latency counts from then.
    How late the generator itself sent it is counted in the room's `lateness`."""

    def __init__(self, rate: float, seconds: float) -> None:
        self._interval = int(1e9 / rate)
        self._total = int(rate * seconds)
        self._next = 0
        self._began = 0

    def pump(self, room: LoadRoom) -> float | None:
        now = monotonic_ns()
        self._began = self._began or now
        while self._next < self._total:
            due = self._began + self._next * self._interval
            if due > now:
                return (due - now) / 1e9
            room.talkers[self._next % len(room.talkers)].sender.say(1, due)
            room.lateness.add((due,), now)
            self._next += 1
        return None


class Windowed:
    """Closed loop: each talker keeps `window` unacknowledged messages in flight, for so many seconds."""

    def __init__(self, window: int, seconds: float) -> None:
        self._window = window
        self._seconds = seconds
        self._until = 0

    def pump(self, room: LoadRoom) -> float | None:
        now = monotonic_ns()
        self._until = self._until or now + int(self._seconds * 1e9)
        if now >= self._until:
            return None
        for talker in room.talkers:
            free = self._window - talker.sender.number + talker.acked
            if free > 0:
                talker.sender.say(free, now)
        return (self._until - now) / 1e9

"""Direct messages: a thousand people who write to each other, each with a window of unacknowledged
messages, or at an even rate.

Each person writes to eight others in turn. Counted exactly, at the end and for everyone: what was sent was
acknowledged, and what was addressed to someone came. Of one person in ten every message is read: each
sender's numbers must follow one another, with none missing, and its latencies are taken. Where the server
does not acknowledge, every message is read, as its coming is the acknowledgement.
"""

from collections.abc import Callable
from time import monotonic, monotonic_ns

from loadtests.engine.codecs import CODECS
from loadtests.engine.person import PARTNERS, AckedPerson, Person, Place, SeenPerson
from loadtests.engine.rooms import Loop
from loadtests.engine.stream import Fault
from loadtests.latency import Histogram


class People(Loop):
    """All of them. `size` is that of a message, as in a Room."""

    def __init__(
        self, address: tuple[str, int], count: int, window: int, *, server: str = "chatd", size: int = 100
    ) -> None:
        super().__init__()
        self.people: list[Person] = []
        self._place = Place(server, address, size, window)
        self.histogram = self._place.histogram
        self.lateness = Histogram()
        self._count = count
        self._arriving = CODECS[server].arriving
        self._welcomed = self._started = 0
        self._waiting: set[Person] = set()
        #: Those whose window may have room for more, while all talk as fast as it allows.
        self._touched: set[Person] = set()
        self._windowed = False
        self._next = 0

    def join(self, seconds: float = 60) -> None:
        """Bring all in, and wait until nothing else will come by itself."""
        count, deadline = self._count, monotonic() + seconds
        step = max(count // PARTNERS, 1)
        kind = AckedPerson if self._place.direct.acks else SeenPerson
        for number in range(count):
            partners = [(number + 1 + place * step) % count for place in range(PARTNERS)]
            person = kind(number, self._place, partners)
            self.people.append(person)
            self.watch(person.sock, lambda person=person: self._arrive(person))  # type: ignore[misc]
            person.enter()
            if len(self.people) - self._welcomed >= self._arriving:
                self._await_welcomes(self._arriving // 2, deadline)
        self._await_welcomes(0, deadline)
        self.until(
            lambda: self._started == count, seconds, lambda: f"{self._started} of {count} have come to rest"
        )

    def talk(
        self,
        seconds: float,
        grace: float = 30,
        *,
        rate: float | None = None,
        tick: Callable[[], None] = lambda: None,
    ) -> int:
        """Write for so many seconds, as fast as the windows allow, or `rate` messages a second of all
        together; wait until everyone has everything; return the number of messages. `tick` is called
        meanwhile."""
        began, before = monotonic_ns(), self._sent()
        self._windowed, self._next = rate is None, 0
        self._touched.update(self.people)
        while (left := seconds - (monotonic_ns() - began) / 1e9) > 0:
            self.turn(min(left, 0.05) if rate is None else self._pace(began, rate, seconds))
            tick()
        if rate is not None:
            self._pace(began, rate, seconds)
        self._windowed = False
        self._drain(grace, tick)
        return self._sent() - before

    def turn(self, wait: float) -> None:
        now = monotonic_ns()
        if self._windowed:
            for person in self._touched:
                if (free := person.free()) and not person.say(free, now):
                    self._waiting.add(person)
        self._touched.clear()
        super().turn(min(wait, 0.001) if self._waiting else wait)
        self._waiting = {person for person in self._waiting if not person.push()}

    def close(self) -> None:
        for person in self.people:
            self.forget(person.sock)
            person.sock.close()
        super().close()

    def _sent(self) -> int:
        return sum(person.sent for person in self.people)

    def _pace(self, began: int, rate: float, seconds: float) -> float:
        """Say what is due; return the seconds until the next turn."""
        now, interval = monotonic_ns(), 1e9 / rate
        while self._next < int(rate * seconds):
            due = began + int(self._next * interval)
            if due > now:
                return min((due - now) / 1e9, 0.05)
            person = self.people[self._next % self._count]
            if not person.say(1, due):
                self._waiting.add(person)
            self.lateness.add((due,), now)
            self._next += 1
        return 0.05

    def _drain(self, grace: float, tick: Callable[[], None]) -> None:
        deadline = monotonic() + grace
        expected = self._expected()
        missing = list(range(self._count))
        while missing := [number for number in missing if self.people[number].missing(expected[number])]:
            if monotonic() > deadline:
                raise Fault(
                    f"{grace:.0f} s after the last message: {self._sent()} sent, "
                    f"{sum(person.acked for person in self.people)} acknowledged, "
                    f"{sum(person.received for person in self.people)} delivered"
                )
            self.turn(0.05)
            tick()

    def _arrive(self, person: Person) -> None:
        welcomed = person.welcomed
        person.arrive()
        self._welcomed += person.welcomed and not welcomed
        if person.started:
            self._started += 1
            self.watch(person.sock, lambda: self._hear(person))

    def _hear(self, person: Person) -> None:
        person.read()
        if isinstance(person, SeenPerson):
            for sender in person.heard:
                self.people[sender].acked += 1
                self._touched.add(self.people[sender])
            person.heard.clear()
        else:
            self._touched.add(person)

    def _await_welcomes(self, missing: int, deadline: float) -> None:
        self.until(
            lambda: len(self.people) - self._welcomed <= missing,
            deadline - monotonic(),
            lambda: f"{self._welcomed} of {self._count} were welcomed in the time given to all",
        )

    def _expected(self) -> list[int]:
        """How many messages were addressed to each."""
        expected = [0] * self._count
        for person in self.people:
            rounds, extra = divmod(person.sent, PARTNERS)
            for place, partner in enumerate(person.partners):
                expected[partner] += rounds + (place < extra)
        return expected

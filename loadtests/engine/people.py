"""Direct messages: a thousand people who write to each other, each with a window of unacknowledged
messages, or all together at a fixed rate.

Each person writes to eight others in turn, and the receiver checks every message: it must be the next one of
its sender's sequence. Every message that was sent must be acknowledged and delivered exactly once. Each load
ends with a fence: everyone sends the server a ping, whose answer must be the next thing that arrives, so that
a duplicate after the last message is noticed. Latencies are taken of one person in ten.
"""

from collections.abc import Callable
from time import monotonic, monotonic_ns

from loadtests.engine.codecs import PARTNERS, unfit
from loadtests.engine.connector import Connector
from loadtests.engine.person import PeopleContext, Person
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram


class People(Connector):
    """All people on one server. `size` is that of a message, as in a LoadRoom."""

    def __init__(
        self, address: tuple[str, int], count: int, window: int, *, server: str = "chatd", size: int = 100
    ) -> None:
        if why := unfit(server, size=size, people=count, direct=True):
            raise Fault(why)
        super().__init__(server, address, count)
        self.people: list[Person] = []
        self._context = PeopleContext(server, address, size, window, count)
        self.histogram = self._context.histogram
        self.lateness = Histogram()
        self._count = count
        self._waiting: set[Person] = set()
        #: In a closed loop: those whose window may have room for more messages.
        self._touched: set[Person] = set()
        self._windowed = False
        self._next = 0

    def join(self, seconds: float = 60) -> None:
        """Log everyone in, and wait until the server sends nothing more by itself."""
        self._open(seconds)
        for number in range(self._count):
            person = Person(number, self._context)
            self.people.append(person)
            self._enter(person, lambda person=person: self._attend(person))  # type: ignore[misc]
        self._await_welcomes(0)
        if self._context.direct.opening:
            # All receive the notice about the last one before that one speaks; then the others' answers
            # come after all notices.
            *others, last = self.people
            last.open()
            self._await_rest(1, seconds)
            for person in others:
                person.open()
        self._await_rest(self._count, seconds)

    def talk(
        self,
        seconds: float,
        grace: float = 30,
        *,
        rate: float | None = None,
        tick: Callable[[], None] = lambda: None,
    ) -> int:
        """Write for so many seconds, as fast as the windows allow, or `rate` messages a second of all
        together; wait until everything is delivered; return the number of messages. `tick` is called
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
        self._fence(grace, tick)
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
        """Send what is due; return the seconds until the next turn."""
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
                told = "; ".join(self.people[number].missing(expected[number]) for number in missing[:3])
                raise Fault(
                    f"{grace:g} s after the last message {len(missing)} still miss some: {told} ("
                    f"{self._sent()} sent, {sum(person.acked for person in self.people)} acknowledged, "
                    f"{sum(person.received for person in self.people)} delivered)"
                )
            self.turn(0.05)
            tick()

    def _fence(self, grace: float, tick: Callable[[], None]) -> None:
        """Everyone sends a ping; the next line must be its answer."""
        deadline = monotonic() + grace
        for person in self.people:
            person.fence()
            self.watch(person.sock, person.read_fence)
        missing = self.people
        while missing := [person for person in missing if not person.fenced]:
            if monotonic() > deadline:
                names = ", ".join(person.name for person in missing[:5])
                raise Fault(f"{grace:g} s after all had come {len(missing)} get no answer: {names}")
            self.turn(0.05)
            tick()
        for person in self.people:
            self._attend(person)

    def _attend(self, person: Person) -> None:
        """From now on check what this person receives."""
        self.watch(person.sock, lambda: self._hear(person))

    def _hear(self, person: Person) -> None:
        person.read()
        if self._context.direct.acks:
            self._touched.add(person)
            return
        for sender in person.heard:
            self.people[sender].acked += 1
            self._touched.add(self.people[sender])
        person.heard.clear()

    def _await_rest(self, count: int, seconds: float) -> None:
        self.until(
            lambda: self._started == count,
            seconds,
            lambda: f"{self._started} of {self._count} have come to rest",
        )

    def _expected(self) -> list[int]:
        """How many messages were addressed to each."""
        expected = [0] * self._count
        for person in self.people:
            rounds, extra = divmod(person.sent, PARTNERS)
            for place, partner in enumerate(person.partners):
                expected[partner] += rounds + (place < extra)
        return expected

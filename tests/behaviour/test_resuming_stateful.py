"""Many programs that join rooms, talk, drop at any byte and come back, in any order that hypothesis thinks
of, against a model of what each of them must have got.

Few messages are kept and few are told again, so that there are gaps. EXAMPLES=5000 in the environment looks
that much further, as in test_properties.py.
"""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from chatd.protocol.events import Cause
from chatd.protocol.limits import DEFAULT
from chatd.protocol.names import fold
from chatd.protocol.requests import LOBBY, Direct, Join, Leave, Quit, Say, Topic, Users
from tests.support.examples import EXAMPLES
from tests.support.returner import DIRECT, OPEN, Owed, Returner, Utterance
from tests.support.world import World

LIMITS = replace(
    DEFAULT, missed=6, recent=15, page_bytes=10, key_time_memory=1e6, rooms_made=1000, notice_runs=1000
)

_who = st.integers(0, 7)
_rooms = st.sampled_from(("dev", "ops"))
_places = st.sampled_from((LOBBY, LOBBY, "dev", "ops"))
_names = st.sampled_from(("ann", "bob", "cy", "dee"))
_counts = st.sampled_from((1, 1, 2, 4, 12))
_while = st.sampled_from((0.0, 9.0))
_causes = st.sampled_from((Cause.RESET, Cause.TIMED_OUT, Cause.CLOSED))


class ManyReturners(RuleBasedStateMachine):
    """`said` is everything, in order; `people` are who came, of whom some are away."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(LIMITS, row=3)
        self.people: list[Returner] = []
        self.said: list[Utterance] = []
        self.keys = 0
        for name, rooms in (("eve", ["dev"]), ("ann", ["dev", "ops"]), ("bob", ["ops"]), ("cy", [])):
            self.arrive(name)
            for room in rooms:
                self.join(len(self.people) - 1, room)

    # -- who -------------------------------------------------------------------------------------------

    def here(self) -> list[Returner]:
        return [one for one in self.people if one.dropped_at is None]

    def away(self) -> list[Returner]:
        return [one for one in self.people if one.dropped_at is not None]

    def pick(self, who: int) -> Returner:
        people = self.here()
        return people[who % len(people)]

    def restless(self, who: int) -> Returner | None:
        """Anyone but the first, who never goes."""
        people = [one for one in self.here() if one is not self.people[0]]
        return people[who % len(people)] if people else None

    def free(self, name: str) -> bool:
        return fold(name) not in {fold(one.name) for one in self.here()}

    @property
    def last_id(self) -> int:
        return self.world.state.log.last_id

    # -- coming and going ------------------------------------------------------------------------------

    @rule(name=_names)
    def arrive(self, name: str) -> None:
        if self.free(name) and len(self.people) < 8:
            person = Returner(self.world, name, self.said)
            self.people.append(person)
            self.begin(person)

    def begin(self, person: Returner) -> None:
        """As somebody new, when it was told who had the name before."""
        self.world.pass_time(LIMITS.notice_interval)
        person.connect()
        assert person.present
        person.spans[LOBBY] = [(self.last_id, OPEN)]

    @rule(who=_who)
    def leave_for_good(self, who: int) -> None:
        person = self.restless(who)
        if person is not None and len(self.people) > 3:
            person.send(Quit())
            self.people.remove(person)

    @rule(who=_who, cause=_causes, lost=st.lists(_places, max_size=2))
    def drop(self, who: int, cause: Cause, lost: list[str]) -> None:
        """With so many messages on their way that do not reach the server."""
        person = self.restless(who)
        if person is None:
            return
        for room in lost:
            if self.in_room(person, room):
                person.keep(self.message(room))
        if cause is Cause.CLOSED:
            person.player.close()
            self.world.round()
        else:
            person.player.broken(cause)
        person.read()
        person.dropped_at = self.world.now

    @rule(
        who=_who,
        cause=_causes,
        speaker=_who,
        room=_places,
        count=_counts,
        seconds=st.sampled_from((0.0, 9.0)),
    )
    def miss(self, who: int, cause: Cause, speaker: int, room: str, count: int, seconds: float) -> None:
        """Somebody drops, others talk, and it comes back."""
        self.drop(who, cause, [LOBBY])
        self.say(speaker, room, count)
        self.time(seconds)
        self.come_back(who)

    @rule(who=_who)
    def come_back(self, who: int) -> None:
        if not self.away():
            self.drop(who, Cause.RESET, [])
        people = self.away()
        person = people[who % len(people)]
        assert person.dropped_at is not None
        if self.world.now < person.dropped_at + LIMITS.notice_interval:  # when that was told
            self.world.pass_time(LIMITS.notice_interval)
        known = person.token is not None and self.world.now - person.dropped_at < LIMITS.away_time
        if not self.free(person.name):
            person.connect()
            self.world.round()
            person.read()
            assert person.errors.pop() == "taken-nick"
            person.name = f"{person.name}{self.keys}"
            self.keys += 1
        person.dropped_at = None
        if known:
            self.connect(person)
        else:
            person.reset()
            self.begin(person)

    @rule(who=_who)
    def take_over(self, who: int) -> None:
        """The old connection is not noticed to be dead."""
        person = self.pick(who)
        person.read()
        if person.token is not None:
            self.connect(person)

    def connect(self, person: Returner) -> None:
        """Again, as the same person."""
        person.connect()
        assert person.present
        rooms = [LOBBY, *person.inside]
        missed = [one for one in self.said if one.id > person.asked and person.may_know(one, rooms)]
        kept = [one for one in missed if one in self.said[-LIMITS.recent :]]
        told = kept[-LIMITS.missed :]
        left_out = [one for one in missed if one not in told]
        forgot = any(one.id > person.asked for one in self.said[: -LIMITS.recent])
        person.owed = Owed(rooms, told, left_out, forgot or bool(left_out))

    # -- rooms -----------------------------------------------------------------------------------------

    def in_room(self, person: Returner, room: str) -> bool:
        return person.spans.get(room, [(0, 0)])[-1][1] == OPEN

    @rule(who=_who, room=_rooms)
    def join(self, who: int, room: str) -> None:
        person = self.pick(who)
        if self.in_room(person, room):
            self.say(who, room, 1)
        else:
            person.spans.setdefault(room, []).append((self.last_id, OPEN))
            person.inside.append(room)
            person.send(Join(room))
            person.send(Users(room=room))

    @rule(who=_who, room=_rooms)
    def leave(self, who: int, room: str) -> None:
        person = self.pick(who)
        if self.in_room(person, room):
            begin, _ = person.spans[room][-1]
            person.spans[room][-1] = begin, self.last_id
            person.inside.remove(room)
            person.send(Leave(room, ref="left"))

    # -- talking ---------------------------------------------------------------------------------------

    def message(self, room: str) -> Say:
        self.keys += 1
        return Say(f"m{self.keys}", room, key=f"k{self.keys}", ref=f"k{self.keys}")

    @rule(who=_who, room=_places, count=_counts)
    def say(self, who: int, room: str, count: int) -> None:
        person = self.pick(who)
        room = room if self.in_room(person, room) else LOBBY
        for _ in range(count):
            message = self.message(room)
            person.say(message)
            self.happened(person, room, None, message.key)

    @rule(who=_who, to=_who, count=st.sampled_from((1, 3)))
    def write(self, who: int, to: int, count: int) -> None:
        person, reader = self.pick(who), self.pick(to)
        for _ in range(count):
            self.keys += 1
            key = f"k{self.keys}"
            person.say(Direct(reader.name, f"d{self.keys}", key=key, ref=key))
            self.happened(person, DIRECT, reader, key, told=person is reader)

    @rule(who=_who, room=_places, text=st.sampled_from(("tea", "")))
    def set_topic(self, who: int, room: str, text: str) -> None:
        person, last = self.pick(who), self.last_id
        if self.in_room(person, room):
            person.send(Topic(room, text))
            if self.last_id != last:
                self.happened(person, room, None, None, told=True)

    def happened(
        self, author: Returner, place: str, to: Returner | None, key: str | None, told: bool = False
    ) -> None:
        """It is in the log now."""
        assert not self.said or self.last_id > self.said[-1].id
        self.said.append(Utterance(self.last_id, place, author, to, key, told))

    # -- sockets and time ------------------------------------------------------------------------------

    @rule(who=_who, size=st.integers(0, 2000))
    def cut(self, who: int, size: int) -> None:
        """Its socket takes so many bytes, and nothing more."""
        socket = self.pick(who).player.socket
        socket.script, socket.rest = [size], 0

    @rule(turns=st.integers(1, 4))
    def part_of_a_round(self, turns: int) -> None:
        for _ in range(turns):
            self.world.step()

    @rule(seconds=st.sampled_from((0.0, 0.1, 0.3, 30.0, 400.0)))
    def time(self, seconds: float) -> None:
        self.world.pass_time(seconds)
        for person in self.here():
            person.read()

    @rule()
    def settle(self) -> None:
        people = self.here()
        for person in people:
            person.thaw()
        self.time(1.0)
        for person in people:
            self.send_again(person)
        self.time(1.0)
        for person in people:
            person.check(self.said)
            person.check_direct()
            assert not person.in_flight
            assert not person.errors
            for room in (LOBBY, *person.rooms):
                members = self.world.state.rooms[room].members
                assert person.believes[room] == {session.nick for session in members}

    def send_again(self, person: Returner) -> None:
        """What has no answer: it is said now, if it was not before."""
        for key, request in list(person.in_flight.items()):
            last, known = self.last_id, key in {one.key for one in self.said}
            person.send(request)
            if self.last_id != last:
                assert not known, "said twice"
                if isinstance(request, Direct):
                    self.happened(person, DIRECT, self.named(request.to), key)
                else:
                    self.happened(person, request.room, None, key)

    def named(self, name: str) -> Returner:
        return next(one for one in self.here() if fold(one.name) == fold(name))

    def teardown(self) -> None:
        for _ in range(len(self.away())):
            self.come_back(0)
        self.settle()


TestManyReturners = ManyReturners.TestCase
TestManyReturners.settings = settings(max_examples=EXAMPLES or 60, stateful_step_count=50)

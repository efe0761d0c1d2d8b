"""A program that drops and comes back, written as docs/protocol.md tells its author to, and what it should
have got: each message of each of its rooms, and each direct message, exactly once and in order, but for what
a gap tells.
"""

from dataclasses import dataclass, field

from chatd.protocol.dialects import JSONL
from chatd.protocol.events import (
    Ack,
    Back,
    DirectMessage,
    Error,
    Event,
    Joined,
    Left,
    Lost,
    Mark,
    RoomInfo,
    Said,
    Skipped,
    TopicSet,
    UserList,
    Welcome,
)
from chatd.protocol.requests import LOBBY, Direct, Hello, Request, Say, Users
from chatd.state.outbox import Flow
from chatd.state.sessions import PRESENT
from tests.support.world import Player, World

#: In place of a room.
DIRECT = ""
#: Before a room's name: its topics, which are never skipped, and so may come before what is told again.
TOPICS = "topics of "


@dataclass(frozen=True)
class Utterance:
    """What was said, as the test knows it: by whom, in a room or to a person; `told` says whether its author
    reads it, too, as of a topic."""

    id: int
    place: str
    author: "Returner"
    to: "Returner | None"
    key: str | None
    told: bool

    def reaches(self, reader: "Returner") -> bool:
        """Whether it belongs to what this one has to know, its own included."""
        if self.place == DIRECT:
            return self.id > reader.born and reader in (self.author, self.to)
        return any(begin < self.id <= end for begin, end in reader.spans.get(self.place, ()))

    def is_own(self, reader: "Returner") -> bool:
        """Whether it is told to this one only when it comes back."""
        return self.is_by(reader) and not self.told

    def is_by(self, reader: "Returner") -> bool:
        """Whether it said this as the person that it is now."""
        return reader is self.author and self.id > reader.born


@dataclass(frozen=True)
class Owed:
    """What somebody who comes back is to be told, what is left out, and whether anything may be missing."""

    rooms: list[str]
    told: list[Utterance]
    left_out: list[Utterance]
    incomplete: bool


#: A span that goes on.
OPEN = 1 << 62


@dataclass(eq=False)
class Returner:
    """The truth: `spans` are the ids between which it is in each room, `inside` its rooms without the lobby,
    `born` the last id before it came. All else is what the program knows: `got` the ids that it took, by
    place; `last` the newest of them (topics for themselves); `gaps` what it was told that it will not get;
    `in_flight` what it sent and has no answer to."""

    world: World
    name: str
    said: list[Utterance]
    player: Player = field(init=False)
    taken: int = 0
    spans: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    dropped_at: float | None = None

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Somebody new."""
        self.born = self.world.state.log.last_id
        self.token: str | None = None
        self.spans.clear()
        self.inside: list[str] = []
        self.rooms: list[str] = []
        self.got: dict[str, list[int]] = {}
        self.last: dict[str, int] = {}
        self.gaps: list[Skipped] = []
        self.in_flight: dict[str, Say | Direct] = {}
        self.answered: dict[str, int] = {}
        self.believes: dict[str, set[str]] = {}
        self.errors: list[str] = []
        self.marked = self.newest = self.asked = 0
        self.catching_up = False
        self.retold: list[tuple[str, int, str | None]] = []
        self.snapshot: list[str] = []
        self.new_gaps: list[Skipped] = []
        self.owed: Owed | None = None

    def may_know(self, utterance: Utterance, rooms: list[str]) -> bool:
        """Whether it was said in one of these rooms, or to it or by it alone."""
        if utterance.place == DIRECT:
            return utterance.reaches(self)
        return utterance.place in rooms

    # -- to the server -----------------------------------------------------------------------------------

    def send(self, request: Request) -> None:
        self.player.feed(JSONL.encode_request(request))

    def say(self, request: Say | Direct) -> None:
        """It is kept until it is answered."""
        self.keep(request)
        self.send(request)

    def keep(self, request: Say | Direct) -> None:
        assert request.key is not None
        self.in_flight[request.key] = request

    @property
    def seen(self) -> int:
        """In the lobby only the last id that was said there, else the last mark."""
        return self.marked if self.rooms else self.newest

    def connect(self) -> None:
        """With what it knows of an earlier connection."""
        self.player, self.taken = Player(self.world), 0
        self.asked = max(self.seen, self.born)  # what was said before it came it has not missed
        for place, spans in self.spans.items():  # of a room that it left it is told nothing more
            self.spans[place] = [(b, e if e == OPEN else min(e, self.last.get(place, 0))) for b, e in spans]
        self.send(Hello(self.name, self.token, self.seen if self.token else None))

    @property
    def present(self) -> bool:
        return self.player.session.state is PRESENT

    @property
    def keeps_up(self) -> bool:
        return self.player.session.outbox.flow is Flow.KEEPING_UP

    def thaw(self) -> None:
        """Its socket takes everything again."""
        self.player.socket.script, self.player.socket.rest = [], None
        while self.player.session.outbox.flow in (Flow.BEHIND, Flow.SKIPPING):
            self.world.drain(self.player, 200)

    # -- from the server ---------------------------------------------------------------------------------

    def read(self) -> None:
        """The whole lines that came, marks at their place."""
        taken = self.player.socket.taken
        start, self.taken = self.taken, taken.rfind(b"\n") + 1
        for line in taken[start : self.taken].splitlines():
            self.hear(JSONL.parse_event(line))

    def hear(self, event: Event) -> None:
        match event:
            case Welcome():
                self.welcomed(event)
            case DirectMessage(id=id, key=key):
                self.take(DIRECT, id, key)
            case Said(room=room, id=id, key=key):
                self.take(room, id, key)
            case TopicSet(room=room, id=id):
                self.take(room, id, None, TOPICS)
            case Skipped():
                self.gaps.append(event)
                self.new_gaps.append(event)
            case Mark(id=id):
                self.take_mark(id)
            case RoomInfo(room=room) if self.catching_up:
                self.snapshot.append(room)
            case RoomInfo(room=room):
                if not self.rooms:
                    self.marked = max(self.marked, self.newest)
                if room not in self.rooms:
                    self.rooms.append(room)
            case Ack(ref=ref, id=id):
                self.answer(ref, id)
            case Error(code=code, ref=ref):
                if ref is None or self.in_flight.pop(ref, None) is None:
                    self.errors.append(code)
            case _:
                self.hear_of_others(event)

    def welcomed(self, event: Welcome) -> None:
        self.token, self.name, self.catching_up = event.token, event.nick, event.resumed
        self.retold, self.snapshot, self.new_gaps = [], [], []
        if not event.resumed:
            self.send(Users())

    def take(self, place: str, id: int, key: str | None, kind: str = "") -> None:
        """A message; what it has already is dropped, which happens only when it comes back."""
        if self.catching_up:
            assert id > self.asked, "told though it was seen"
            assert not self.retold or id > self.retold[-1][1], "not in the order of the ids"
            self.retold.append((place, id, key))
        else:
            assert key is None
        if id <= self.last.get(kind + place, 0):
            assert self.catching_up, "told twice"
        else:
            self.got.setdefault(kind + place, []).append(id)
        self.last[kind + place] = max(id, self.last.get(kind + place, 0))
        if place == LOBBY and not kind:
            self.newest = max(id, self.newest)
        if key is not None and self.in_flight.pop(key, None) is not None:
            self.answered[key] = id

    def take_mark(self, id: int) -> None:
        """Up to this id it has everything."""
        assert id >= self.marked, "a mark goes back"
        self.marked = id
        self.newest = max(self.newest, id)
        if self.catching_up:
            self.check_return()
            self.rooms, self.catching_up = [one for one in self.snapshot if one != LOBBY], False
        self.check([one for one in self.said if one.id <= id])

    def answer(self, ref: str, id: int) -> None:
        del self.in_flight[ref]
        self.answered[ref] = id

    def hear_of_others(self, event: Event) -> None:
        """Who is here."""
        match event:
            case UserList(names=names, room=room):
                self.believes[room or LOBBY] = set(names)
            case Joined(names=names, room=room) | Back(names=names, room=room):
                self.believes.setdefault(room or LOBBY, set()).update(names)
            case Left(names=names, room=str() as room, ref=ref):
                self.believes[room] -= set(names)
                if ref is not None:
                    self.rooms.remove(room)
            case Left(names=names) | Lost(names=names):
                for believed in self.believes.values():
                    believed -= set(names)

    # -- what must hold ----------------------------------------------------------------------------------

    def check(self, said: list[Utterance]) -> None:
        """Of what was said it has its own part."""
        for place in {utterance.place for utterance in said}:
            self.check_place(place, [one for one in said if one.place == place and one.reaches(self)])
        for utterance in said:
            if utterance.is_by(self) and utterance.key in self.answered:
                assert self.answered[utterance.key] == utterance.id, "answered with another id"

    def check_return(self) -> None:
        """It was told exactly what it was owed, the newest where that is too much, and gaps where it was."""
        owed = self.owed
        assert owed is not None and self.snapshot == owed.rooms
        told = [(one.place, one.id, one.key if one.is_by(self) else None) for one in owed.told]
        assert self.retold == told, "not told what was missed"
        assert not self.new_gaps or owed.incomplete, "a gap where there is none"
        for gap in self.new_gaps:
            assert gap.after is not None and gap.before is not None and gap.after < gap.before - 1
            left_out = [one for one in owed.left_out if one.place == gap.room]
            assert gap.count <= len(left_out), "a gap of more than was missed"
            assert all(gap.after < one.id < gap.before for one in left_out), "a gap in the wrong place"
            assert all(id >= gap.before for place, id, _ in self.retold if place == gap.room)

    def check_place(self, place: str, said: list[Utterance]) -> None:
        streams = self.got.get(place, []), self.got.get(TOPICS + place, [])
        for got in streams:
            assert got == sorted(set(got)), f"{self.name} got messages of {place} twice or out of order"
        for utterance in said:
            here = any(utterance.id in got for got in streams)
            assert here or utterance.is_own(self) or self.knows_gap(utterance), (
                f"{self.name} got neither {utterance.id} of {place!r} nor a gap"
            )

    def check_direct(self) -> None:
        """It got nothing that was written to others."""
        own = {one.id for one in self.said if one.place == DIRECT and one.reaches(self)}
        assert own.issuperset(self.got.get(DIRECT, ()))

    def knows_gap(self, utterance: Utterance) -> bool:
        return any(
            gap.room == utterance.place and (gap.after or 0) < utterance.id < (gap.before or 0)
            for gap in self.gaps
        )

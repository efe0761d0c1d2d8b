"""What the screen shows of rooms is what is so, whatever the server's users do, and whenever it is read."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.behaviour.presence import lose
from chatd.protocol.dialects import JSONL
from chatd.protocol.events import Cause
from chatd.protocol.requests import LOBBY, Join, Request
from chatd_client.incoming import event_of
from chatd_client.my_rooms import MyRooms
from chatd_client.screen.controller import Controller
from chatd_client.screen.lines import Composer
from chatd_client.updates import LinkChanged, LinkState
from tests.support.controller_fixture import FakeLinkControl
from tests.support.examples import EXAMPLES
from tests.support.world import Player, World

NAMES, ROOMS = ("bob", "Carol"), ("dev", "ops", "lobby")

_names, _rooms = st.sampled_from(NAMES), st.sampled_from(ROOMS)
_typed = st.one_of(
    st.builds("/join {}".format, _rooms),
    st.builds("/leave {}".format, _rooms),
    st.sampled_from(("/leave", "/topic", "/topic x", "/users", "hello")),
)
_steps = st.one_of(
    st.tuples(st.just("others"), _names, st.one_of(_typed, st.just("/quit"))),
    st.tuples(st.just("lost"), _names),
    st.tuples(st.just("types"), _typed),
    st.tuples(st.sampled_from(("reads", "reads", "reads", "breaks"))),
    st.tuples(st.just("waits"), st.sampled_from((0.0, 0.1, 0.3))),
)


class ShortLink(FakeLinkControl):
    """What is asked for is with the server at once; what it says is read when the test says so."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.rooms = MyRooms()
        self.connect()

    def connect(self) -> None:
        self.player = Player(self.world)
        self.player.feed('{"type":"hello","nick":"alice"}\n')
        for join in self.rooms.again():
            self.ask(join)

    def post(self, message: Request) -> None:
        self.player.feed(JSONL.encode_request(message))

    def ask(self, request: Request) -> None:
        if not (isinstance(request, Join) and str(request.ref).startswith("rejoin")):
            self.rooms.asked(request)
        self.player.feed(JSONL.encode_request(request))


class WatchedRooms:
    """A screen, and the others at its server, who speak text."""

    def __init__(self) -> None:
        self.world = World()
        self.others: dict[str, Player] = {}
        self.count = 0
        self.link = ShortLink(self.world)
        self.screen = Controller(self.link, Composer("alice", ""), "host", lambda: (80, 20))
        self.screen.on_updates([LinkChanged(LinkState.ONLINE)])

    def take(self, step: tuple[Any, ...]) -> None:
        getattr(self, f"step_{step[0]}")(*step[1:])

    def step_others(self, name: str, line: str) -> None:
        """Who comes again has another name: where names come back at once, again and again, a list may be
        newer than the news that one was gone.
        """
        if name not in self.others:
            self.count += 1
            self.others[name] = self.world.player(f"{name}{self.count}")
        self.others[name].feed(f"{line}\n")
        if line == "/quit":
            del self.others[name]

    def step_lost(self, name: str) -> None:
        if name in self.others:
            lose(self.world.state, self.others.pop(name).session, Cause.RESET)

    def step_types(self, line: str) -> None:
        self.screen.submit(line)

    def step_reads(self) -> None:
        for line in self.link.player.lines():
            event = event_of(line.encode())
            self.link.rooms.happened(event)
            self.screen.on_updates([event])

    def step_breaks(self) -> None:
        lose(self.world.state, self.link.player.session, Cause.RESET)
        self.screen.on_updates([LinkChanged(LinkState.RECONNECTING, "cut", 1.0)])
        self.link.connect()
        self.screen.on_updates([LinkChanged(LinkState.ONLINE)])

    def step_waits(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    def members(self, room: str) -> set[str]:
        return {session.nick for session in self.world.state.rooms[room].members}


@settings(max_examples=EXAMPLES or 100)
@given(st.lists(_steps, min_size=30, max_size=60))
def test_the_screen_follows_what_happens(steps: list[tuple[Any, ...]]) -> None:
    watched = WatchedRooms()
    for step in steps:
        watched.take(step)
    for _ in range(4):  # a list that is asked for when an answer is read, and what was announced after it
        watched.step_waits(1.0)
        watched.step_reads()
    screen, session = watched.screen, watched.link.player.session
    assert screen.rooms.here == screen.rooms.current
    rooms = {membership.room for membership in session.memberships}
    assert {room for room in ROOMS if room in screen.rooms} == rooms
    shown = screen.windows.room  # of which the server may not have let one back in
    for room in (*(room for room in rooms if room == shown), *rooms):
        screen.submit(f"/join {room}")
        watched.step_reads()
        watched.step_reads()  # the list, where it had not been asked for
        members = watched.members(room)
        assert f"{len(members)} here" in "".join(text for _, text in screen.status(200))
        assert set(screen.names()) == watched.members(LOBBY) - {"alice"}
        assert set(screen.names()[: len(members) - 1]) == members - {"alice"}

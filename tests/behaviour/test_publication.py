"""What happens to an entry that the log takes late, or not at all."""

from collections.abc import Callable, Sequence

from chatd.behaviour.publication import attach, restore_rooms
from chatd.behaviour.resuming import ask_on
from chatd.protocol.errors import Code
from chatd.protocol.events import Cause
from chatd.state.entry_rows import conversation_of, stored
from chatd.state.message_log import DirectEntry, Entry, RoomEntry, TopicEntry
from chatd.state.stored_entries import EntryKind, StoredEntry, StoredRoom
from chatd.state.stored_rulings import Ruling, RulingKind
from chatd.store.memory import MemoryLog
from tests.support.world import World


class LateLog(MemoryLog):
    """Takes entries when a test says so; `kept` are the rulings that it is to keep."""

    __slots__ = ("kept", "rooms_of_before", "rulings_of_before", "waiting")

    def __init__(self, rooms: Sequence[StoredRoom] = (), rulings: Sequence[Ruling] = ()) -> None:
        super().__init__(lambda: 5)
        self.kept: list[Ruling] = []
        self.rulings_of_before = rulings
        self.waiting: list[Entry | Callable[[], None]] = []
        self.rooms_of_before = rooms

    @property
    def rooms(self) -> Sequence[StoredRoom]:  # type: ignore[override]
        return self.rooms_of_before

    @property
    def rulings(self) -> Sequence[Ruling]:  # type: ignore[override]
        return self.rulings_of_before

    def keep_ruling(self, ruling: Ruling) -> None:
        self.kept.append(ruling)

    def append(self, entry: Entry) -> None:
        self.waiting.append(entry)

    def in_turn(self, act: Callable[[], None]) -> None:
        if self.waiting:
            self.waiting.append(act)
        else:
            act()

    def take(self, fails: bool = False) -> None:
        for item in self.waiting:
            if not isinstance(item, Entry):
                item()
            elif fails:
                self.failed(item)
            else:
                super().append(item)
        self.waiting.clear()


def late_world(*rooms: StoredRoom) -> tuple[World, LateLog]:
    world = World()
    log = LateLog(rooms)
    world.state.log = log
    attach(world.state)
    restore_rooms(world.state)
    return world, log


def test_rooms_of_before() -> None:
    world, _ = late_world(StoredRoom(4, "dev", "about dev"))
    dev = world.state.rooms["dev"]
    assert dev.topic == "about dev"
    world.state.rulings.keep(Ruling(4, RulingKind.SETTING, "slow", "10"))
    world.state.rooms.gone(dev)
    assert world.state.rulings.setting(4, "slow") == ""


def test_what_is_said_is_told_when_the_log_has_it() -> None:
    world, log = late_world()
    alice, bob = world.players("alice", "bob")
    alice.feed("hello\n")
    assert bob.lines() == []
    log.take()
    assert bob.lines() == ["<alice> hello"]


def test_that_somebody_left_or_came_is_told_behind_what_was_said_before() -> None:
    world, log = late_world()
    alice, bob = world.players("alice", "bob")
    alice.feed("hello\n")
    alice.feed("/quit\n")
    world.player("alice").feed("it is me\n")
    world.pass_time(1)
    assert bob.lines() == []
    log.take()
    world.pass_time(1)
    assert bob.lines() == ["<alice> hello", "* alice left", "* alice joined", "<alice> it is me"]


def test_a_newcomer_does_not_read_of_itself() -> None:
    world, log = late_world()
    [alice] = world.players("alice")
    alice.feed("hello\n")
    bob = world.player("bob")
    log.take()
    world.pass_time(1)
    assert alice.lines() == ["* bob joined"]
    assert bob.lines() == ["<alice> hello"]


def test_who_comes_and_goes_before_the_log_moves_is_told_in_order() -> None:
    world, log = late_world()
    alice, bob = world.players("alice", "bob")
    for player in (alice, bob):
        player.feed("/join dev\n")
    world.settle(alice, bob)
    alice.feed("hello\n")
    carol = world.player("carol")
    carol.feed("/join dev\n/leave dev\n/join dev\n/quit\n")
    log.take()
    world.pass_time(1)
    world.pass_time(1)
    lines = [line for line in bob.lines() if "carol" in line]
    assert lines == ["* carol joined", "* carol left"]


def test_who_speaks_in_a_room_and_is_gone_before_that_was_announced() -> None:
    world, log = late_world()
    [alice] = world.players("alice")
    alice.feed("/join dev\n")
    world.settle(alice)
    bob = world.player("bob")
    world.settle(alice)
    bob.feed("/join dev\nhello\n")
    bob.close()
    log.take()
    assert alice.lines() == ["* bob joined #dev", "#dev <bob> hello", "* bob lost connection (closed)"]


def test_a_direct_message_reaches_the_connection_that_took_the_name_over() -> None:
    world, log = late_world()
    alice, bob = world.player("alice"), world.player("bob", json=True)
    alice.feed('/dm bob "hello"\n')
    token = bob.session.token
    again = world.player()
    again.feed(f'{{"type":"hello","nick":"bob","token":"{token}"}}\n')
    log.take()
    ask_on(world.state, again.session)
    assert '"text":"hello"' in again.lines()[-1]


def test_a_direct_message_does_not_reach_somebody_else_of_that_name() -> None:
    world, log = late_world()
    alice, bob = world.players("alice", "bob")
    alice.feed('/dm bob "hello"\n')
    bob.close()
    other = world.player("bob")
    log.take()
    assert all("hello" not in line for line in other.lines())
    alice.feed('/dm bob "again"\n')
    other.close()
    log.take()
    assert alice.lines()[-1] == "[dm to bob] again"


def test_what_failed_is_refused() -> None:
    world, log = late_world()
    alice, bob = world.player("alice", json=True), world.player("bob")
    world.lobby.topic = "before"
    alice.feed('{"type":"say","text":"hello","ref":"1"}\n{"type":"topic","room":"lobby","text":"after"}\n')
    log.take(fails=True)
    first, second = alice.lines()[-2:]
    assert f'"code":"{Code.UNAVAILABLE}"' in first and '"ref":"1"' in first and "unavailable" in second
    assert world.lobby.topic == "before"
    assert all("hello" not in line for line in bob.lines())


def test_a_room_has_the_topic_that_the_log_has() -> None:
    world, log = late_world()
    alice = world.player("alice")
    topics = []
    for fails in (True, False, True):
        alice.feed("/topic one\n/topic two\n/topic one\n")
        topics.append(world.lobby.topic)
        log.take(fails)
        topics.append(world.lobby.topic)
    assert topics == ["", "", "", "one", "one", "one"]


def test_nothing_breaks_where_author_and_reader_are_gone() -> None:
    world, log = late_world()
    alice, bob = world.players("alice", "bob")
    alice.feed('hello\n/dm bob "you"\n/topic new\n')
    alice.session.connection.broken(Cause.RESET)
    bob.close()
    log.take()
    alice.feed("too late\n")
    assert log.waiting == []


def test_what_is_kept_of_an_entry() -> None:
    world = World()
    alice, bob = world.player("alice").session, world.player("bob").session
    alice.person.number, bob.person.number = 9, 4
    said = RoomEntry(alice, "hi", "r", 7, 8, "k", room=world.lobby)
    assert stored(said) == StoredEntry(1, 0, 7, 8, "alice", 9, EntryKind.MESSAGE, "k", "hi")
    topic = TopicEntry(alice, "hi", None, room=world.lobby)
    assert stored(topic).kind is EntryKind.TOPIC
    for author, reader in ((alice, bob), (bob, alice)):
        assert conversation_of(DirectEntry(author, "hi", None, to=reader.person)) == (4, 9)

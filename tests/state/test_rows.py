"""Who is in a row, and when a row is in step."""

from chatd.state.feed import Notice
from chatd.state.rows import ReaderRow
from tests.support.world import Player, World


def in_step(*players: Player) -> list[bool]:
    return [any(one.in_step for one in player.session.memberships) for player in players]


def world_of(*nicks: str) -> tuple[World, list[Player], ReaderRow]:
    """These, in one row, which has just been formed."""
    world = World()
    players = world.players(*nicks)
    (row,) = world.lobby.rows(10)
    row.form()
    assert row.in_step
    assert in_step(*players) == [True] * len(nicks)
    return world, players, row


def test_a_row_has_readers_of_one_variant_in_order_of_arrival() -> None:
    world = World()
    players = [world.player(f"p{number}", json=number % 3 == 2) for number in range(8)]
    rows = [[session.nick for session in row.sessions] for row in world.lobby.rows(3)]
    assert rows == [["p0", "p1", "p3"], ["p2", "p5"], ["p4", "p6", "p7"]]
    players[3].close()
    assert [session.nick for session in world.lobby.rows(3)[0].sessions] == ["p0", "p1", "p4"]


def test_the_rows_stay_until_somebody_comes_or_goes() -> None:
    world = World()
    world.players("alice", "bob")
    rows = world.lobby.rows(2)
    assert world.lobby.rows(2) is rows
    assert world.lobby.rows(1) is not rows
    rows = world.lobby.rows(2)
    world.player("carol")
    assert world.lobby.rows(2) is not rows


def test_a_row_whose_readers_have_something_waiting_is_not_in_step() -> None:
    world, (alice, bob), row = world_of("alice", "bob")
    bob.feed("/help\n")
    assert row.in_step is None
    row.form()
    assert row.in_step is None
    world.round()
    row.form()
    assert row.in_step
    alice.feed("hello\n")  # which bob has not got
    row.form()
    assert row.in_step is None


def test_a_row_with_a_reader_behind_is_not_in_step() -> None:
    world, (alice, bob), row = world_of("alice", "bob")
    bob.socket.rest = 0
    alice.feed("hello\n")
    world.round()
    row.form()
    assert row.in_step is None


def test_each_has_its_own_cursor_when_a_row_breaks_up() -> None:
    world, (alice, bob, carol), row = world_of("alice", "bob", "carol")
    step = row.in_step
    assert step is not None
    feed = step.feed
    feed.append(b"one\n")
    step.break_up(served=1)
    members = world.lobby.members
    cursors = [members[player.session].cursor for player in (alice, bob, carol)]
    assert cursors == [feed.end, feed.end - 1, feed.end - 1]
    assert (step.broken, list(step.sends), row.in_step) == (True, [], None)


def test_who_leaves_or_joins_another_room_is_not_in_step() -> None:
    world, (alice, bob), row = world_of("alice", "bob")
    dev = world.state.rooms.make("dev", "", 0)
    dev.add(alice.session)
    assert in_step(alice, bob) == [False, False]
    row.form()
    assert row.in_step is None  # alice is in two rooms
    dev.remove(alice.session)
    row.form()
    assert row.in_step
    bob.close()
    assert in_step(alice) == [False]
    row.form()
    assert row.in_step is None  # bob is in no room any more


def test_who_has_moved_to_another_room_is_not_in_step_with_those_who_remain() -> None:
    world, (alice, bob), row = world_of("alice", "bob")
    dev = world.state.rooms.make("dev", "", 0)
    dev.add(alice.session)
    world.lobby.remove(alice.session)
    there = dev.members[alice.session]
    there.feed.end = there.cursor = world.lobby.members[bob.session].feed.end  # as many messages
    row.form()  # at the end of a round in which alice moved
    assert in_step(alice, bob) == [False, False]


def test_those_who_share_no_room_are_never_in_step() -> None:
    _, (alice, bob), _ = world_of("alice", "bob")
    row = ReaderRow([alice.session, bob.session])
    row.form()
    assert row.in_step is None


def test_a_notice_keeps_its_kind_for_who_is_in_step() -> None:
    """A reader that falls behind at it keeps it, whatever is skipped."""
    _, (_, bob), row = world_of("alice", "bob")
    step = row.in_step
    assert step is not None
    step.feed.append_notice(Notice(b"* x joined\n"))
    bob.session.catch_up()
    (batch,) = bob.session.outbox._queue
    assert [type(message) for message in batch.messages] == [Notice]  # type: ignore[union-attr]

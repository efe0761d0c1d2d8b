"""The flusher and its drains over real sockets with small buffers: reading too little, talking too much."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import gevent
import pytest

from chatd.net.server import Server
from chatd.protocol.limits import DEFAULT, KIB
from chatd.protocol.vocabulary import COMMANDS
from chatd.state.outbox import Flow
from tests.support.live import Peer, crowd, serving

#: Small enough that a few messages fill it.
TIGHT = replace(
    DEFAULT,
    send_buffer=4 * KIB,
    receive_buffer=4 * KIB,
    room_waiting=64 * KIB,
    private_waiting=16 * KIB,
    round_bytes=4 * KIB,
    down_time=0.1,
)
LONG = "x" * 2000


def freeze(server: Server, talker: Peer, frozen: Peer, flow: Flow = Flow.BEHIND) -> int:
    """Talk until `frozen`, who reads nothing, is in that state; how many messages that took."""
    outbox = frozen.connection.session.outbox
    count = 0
    while outbox.flow is not flow:
        talker.send(f"{count} {LONG}", "/users")
        talker.until(r"\* \d+ here: .*")
        count += 1
    return count


@contextmanager
def one_slow_reader(**limits: float) -> Iterator[tuple[Server, Peer, Peer, Peer]]:
    """A server at which one slow reader is enough to hold the talkers: alice, bob and the slow one, who has
    not read a line."""
    holding = replace(TIGHT, slow_least=1, slow_share=0.0, stuck_after=3600.0)
    with serving(replace(holding, **limits)) as server:  # type: ignore[arg-type]
        alice, bob = crowd(server, "alice", "bob")
        slow = Peer(server, "slow", buffer=4 * KIB)
        bob.until(r"\* slow joined")
        yield server, alice, bob, slow


def talk_until_held(server: Server, alice: Peer, bob: Peer) -> None:
    """Alice says more than the slow one takes; bob reads until she is held."""
    alice.send(*[LONG] * 100)
    while not server.state.rooms["lobby"].held:
        bob.until(f"<alice> {LONG}")


def test_a_frozen_reader_delays_nobody_and_is_told_what_it_missed() -> None:
    with serving(TIGHT) as server:
        alice, bob = crowd(server, "alice", "bob")
        frozen = Peer(server, "frozen", buffer=4 * KIB)
        sent = freeze(server, alice, frozen, Flow.SKIPPING)
        for _ in range(5):
            alice.send(LONG, "/users")
            alice.until(r"\* 3 here: .*")
        for number in range(sent):
            bob.until(rf"<alice> {number} {LONG}")
        seen = frozen.until(r"\* \d+ messages skipped")
        alice.send("after")
        rest = frozen.until("<alice> after")
        assert not frozen.connection.session.outbox.skipped
        assert [line for line in [*seen, *rest] if not line.startswith("<alice>")] == []
        numbers = [int(line.split()[1]) for line in seen]
        assert numbers == list(range(len(numbers)))


def test_delivered_and_skipped_are_all_that_was_sent() -> None:
    with serving(TIGHT) as server:
        alice, frozen = Peer(server, "alice"), Peer(server, "frozen", buffer=4 * KIB)
        alice.expect(r"\* frozen joined")
        sent = freeze(server, alice, frozen, Flow.SKIPPING)
        alice.send("after")
        lines = []
        while (line := frozen.line()) != "<alice> after":
            assert line is not None
            lines.append(line)
            if line.endswith("skipped"):
                alice.send("after")  # the first may have been skipped too
        (skipped,) = (line for line in lines if line.endswith("skipped"))
        told = int(skipped.split()[1])
        delivered = len([line for line in lines if line.endswith("x")])
        assert sent <= delivered + told <= sent + 1


def test_who_takes_nothing_for_too_long_is_lost_as_too_slow() -> None:
    with serving(replace(TIGHT, stall=0.0)) as server:
        alice, frozen = Peer(server, "alice"), Peer(server, "frozen", buffer=4 * KIB)
        alice.expect(r"\* frozen joined")
        while len(server.state.roster) == 2:
            alice.send(LONG)
            alice.send("/users")
            alice.until(r"\* \d here: .*")
        alice.expect(r"\* frozen lost connection \(too slow\)")
        frozen.reset()


def test_a_reader_that_resets_while_it_is_behind_is_lost() -> None:
    with serving(TIGHT) as server:
        alice, frozen = Peer(server, "alice"), Peer(server, "frozen", buffer=4 * KIB)
        alice.expect(r"\* frozen joined")
        freeze(server, alice, frozen)
        frozen.reset()
        alice.expect(r"\* frozen lost connection \(reset\)")


def test_a_requester_that_does_not_take_its_replies_is_not_read() -> None:
    with serving(TIGHT) as server:
        alice, bob = crowd(server, "alice", "bob")
        greedy = Peer(server, "greedy", buffer=4 * KIB)
        alice.until(r"\* greedy joined")
        outbox = greedy.connection.session.outbox
        greedy.send(*["/help"] * 2000)
        seen = [0]
        while len(seen) < 20 or seen[-1] != seen[-20]:  # until the sockets between them are full
            alice.send("/users")
            alice.until(r"\* 3 here: .*")
            seen.append(outbox.private)
        assert TIGHT.private_waiting < outbox.private < TIGHT.private_waiting + 4 * KIB
        alice.send("/dm greedy hello")
        alice.expect("! greedy is not reading; please try again later")
        greedy.send("/quit")
        replies = greedy.until(r"\* bye")
        assert len(replies) == 2000 * len(COMMANDS)
        bob.until(r"\* greedy left")


def test_someone_without_a_name_who_takes_no_replies_is_closed() -> None:
    limits = replace(TIGHT, nameless_waiting=1 * KIB)
    with serving(limits) as server, Peer(server, "alice") as alice:
        flood = Peer(server, buffer=4 * KIB)
        with pytest.raises(OSError):
            while True:
                flood.send(*['{"type":"help"}'] * 20)
                alice.send("/users")
                alice.expect(r"\* 1 here: alice")


def test_someone_without_a_name_who_takes_its_replies_is_kept() -> None:
    with serving() as server, Peer(server) as peer:
        peer.send(*['{"type":"help"}'] * 1000, '{"type":"hello","nick":"alice"}')
        assert len(peer.until(r'\{"type":"welcome".*')) == 1000


def test_a_talker_waits_while_the_room_is_held_and_goes_on_when_it_is_not() -> None:
    with one_slow_reader() as (server, alice, bob, slow):
        alice.expect(r"\* slow joined")
        outbox = slow.connection.session.outbox
        alice.send(*[LONG] * 100, "/quit")
        reads = gevent.spawn(bob.until, r"\* alice left")  # all the time, so that slow alone is slow
        while not server.state.rooms["lobby"].held:
            gevent.sleep(0.001)
        assert slow.until(r"\* alice left")[-1] == f"<alice> {LONG}"
        assert outbox.skipped == {}
        assert reads.get()[-1] == f"<alice> {LONG}"


def test_a_slow_reader_counts_in_each_of_its_rooms() -> None:
    with one_slow_reader() as (server, alice, bob, slow):
        dev = server.state.rooms.make("dev", "", 0)
        dev.add(slow.connection.session)
        talk_until_held(server, alice, bob)
        assert dev.held
        slow.reset()


def test_a_member_that_is_stuck_holds_nobody() -> None:
    with one_slow_reader(stuck_after=0.05) as (_, alice, bob, frozen):
        alice.send(*[LONG] * 100, "/quit")
        assert len(bob.until(r"\* alice left")) == 100
        assert frozen.connection.session.outbox.skipped["lobby"] > 0


def test_nobody_waits_for_a_reader_that_waits_for_what_it_asked_for_itself() -> None:
    with one_slow_reader(slow_private=1 * KIB, slow_window=3600.0) as (_, alice, bob, slow):
        outbox = slow.connection.session.outbox
        slow.send(*["/help"] * 200)
        while outbox.private <= 1 * KIB or outbox.flow is Flow.KEEPING_UP:
            alice.send("/users")
            alice.until(r"\* 3 here: .*")
        alice.send(*[LONG] * 100, "/quit")
        assert len(bob.until(r"\* alice left")) == 100
        assert outbox.skipped["lobby"] > 0


def test_nobody_waits_for_long_for_a_reader_that_takes_next_to_nothing() -> None:
    with one_slow_reader(slow_window=0.01) as (_, alice, bob, slow):
        alice.send(*[LONG] * 100, "/quit")
        assert len(bob.until(r"\* alice left")) == 100
        assert slow.connection.session.outbox.skipped["lobby"] > 0


def test_a_talker_that_resets_while_it_is_held_is_noticed() -> None:
    with one_slow_reader(stall=3600.0) as (server, alice, bob, slow):
        talk_until_held(server, alice, bob)
        alice.reset()
        bob.until(r"\* alice lost connection \(reset\)")
        slow.reset()


def test_a_flood_of_direct_messages_waits_for_rounds_instead_of_failing() -> None:
    with serving(replace(DEFAULT, private_waiting=4 * KIB)) as server:
        alice, bob = crowd(server, "alice", "bob")
        alice.send(*(f"/dm bob {number} {'y' * 500}" for number in range(200)))
        assert [int(line.split()[3]) for line in bob.until(r".* 199 y+")] == list(range(199))
        alice.until(r"\[dm to bob\] 199 y+")


def test_a_large_room_gives_way_within_a_round() -> None:
    with serving(replace(DEFAULT, slice=0.0, notice_interval=0.0)) as server:
        nicks = [f"user{number}" for number in range(70)]
        peers = crowd(server, *nicks)
        rounds = server.flusher.rounds
        peers[0].send("hello")
        for peer in peers[1:]:
            peer.until("<user0> hello")
        assert server.flusher.rounds == rounds + 1


def test_an_error_in_a_drain_ends_only_that_client(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(TIGHT) as server:
        alice, frozen = Peer(server, "alice"), Peer(server, "frozen", buffer=4 * KIB)
        alice.expect(r"\* frozen joined")
        freeze(server, alice, frozen)
        monkeypatch.setattr("chatd.state.sessions.Session.advance", lambda *arguments: 1 // 0)
        frozen.line()
        alice.expect(r"\* frozen lost connection \(error\)")


def test_quit_gives_up_after_its_time_on_who_does_not_read() -> None:
    with serving(replace(TIGHT, leave_time=0.05)) as server:
        alice, frozen = Peer(server, "alice"), Peer(server, "frozen", buffer=4 * KIB)
        alice.expect(r"\* frozen joined")
        freeze(server, alice, frozen)
        frozen.send("/quit")
        alice.expect(r"\* frozen left")
        while len(server._connections) > 1:
            alice.send("/users")
            alice.expect(r"\* 1 here: alice")


def test_an_error_in_a_round_ends_only_that_client(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as server:
        alice, bob = crowd(server, "alice", "bob")
        monkeypatch.setattr(bob.connection.session.outbox, "send", lambda data: 1 // 0)
        alice.send("hello")
        alice.expect(r"\* bob lost connection \(error\)")


def test_going_down_waits_for_those_who_take_their_last_words_slowly() -> None:
    """Input that nobody read any more must not turn the close into a reset."""
    with serving(replace(TIGHT, down_time=5.0, line_burst=2), line_rate=0.01) as server:
        slow, other = Peer(server, "slow", buffer=4 * KIB), Peer(server, "other")
        other.send('/bc "' + "x" * 3900 + '"')
        slow.send(*["pasted"] * 300)
        stopping = gevent.spawn(server.stop)
        slow.until(r"\* the server is going down")
        assert slow.at_end()
        stopping.join()


def test_who_leaves_too_many_notices_unread_is_lost_as_too_slow() -> None:
    limits = replace(TIGHT, notices_waiting=2 * KIB, notice_interval=0.0)
    with serving(limits) as server:
        alice, talker = crowd(server, "alice", "talker")
        slow = Peer(server, "slow", buffer=4 * KIB)
        alice.until(r"\* slow joined")
        outbox = slow.connection.session.outbox
        while outbox.flow is Flow.KEEPING_UP:
            talker.send(LONG)
            alice.until(r"<talker> .*")
        told: list[str] = []
        while "* slow lost connection (too slow)" not in told:
            with Peer(server, "x" * 32) as passing:
                passing.send("/quit " + "y" * 200)
                told = alice.until(r"\* x+ left .*")
        assert outbox.flow is Flow.CLOSED

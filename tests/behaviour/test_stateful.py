"""Many clients at once: joining, talking, freezing, dropping, taking over by token and returning, in any
order that hypothesis thinks of, against a model of what each of them should hear.

EXAMPLES=5000 in the environment looks that much further, as in test_properties.py.
"""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chatd.behaviour.presence import go_down
from chatd.protocol.events import Cause
from chatd.protocol.limits import DEFAULT
from chatd.protocol.names import fold
from chatd.state.outbox import Flow
from chatd.state.sessions import SessionState
from tests.support.examples import EXAMPLES
from tests.support.heard import Client, Heard
from tests.support.world import Player, World

#: Small bounds, so that a frozen client is soon past them; and notices in the order in which it happened,
#: however many (what a crowd's are is tested with the notices).
LIMITS = replace(DEFAULT, room_waiting=400, private_waiting=100, notice_runs=1000)

_who = st.integers(0, 11)
_names = st.sampled_from(("ann", "Ann", "bob", "BOB", "cy", "dee"))  # two spellings of one name are one name
_sizes = st.sampled_from((0, 0, 90, 250))


class ManyClients(RuleBasedStateMachine):
    """`history` is who came and went, `talk` what was said in the room (and by whom), `roster` who has which
    name: each as it should be; `dropped` is when each token's connection was lost."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(LIMITS, row=3)
        self.clients: list[Client] = []
        self.roster: dict[str, Client] = {}
        self.history: list[Heard] = []
        self.talk: list[tuple[Client, Heard]] = []
        self.dropped: dict[str, float] = {}
        self.count = 0
        self.arrive(json=True, name="eve")
        self.arrive(json=False, name="tom")
        self.keepers = [*self.clients]  # they stay, and are never frozen
        self.clients.clear()
        self.arrive(json=True, name="dee")

    def everyone(self) -> list[Client]:
        return self.keepers + self.clients

    def pick(self, who: int) -> Client:
        """One of the last that came."""
        return self.clients[-1 - who % len(self.clients)]

    def speaker(self, who: int) -> Client:
        holders = list(self.roster.values())
        return holders[who % len(holders)]

    # -- the model ---------------------------------------------------------------------------------------

    def entered(self, client: Client, nick: str) -> None:
        assert client.present
        client.nick = nick
        client.since = len(self.history), len(self.talk)
        self.roster[fold(nick)] = client
        client.player.feed('{"type":"users"}\n' if client.json else "/users\n")

    def ended(self, client: Client, *why: str) -> None:
        if self.roster.get(fold(client.nick)) is client:
            client.until = len(self.history), len(self.talk)
            del self.roster[fold(client.nick)]
            self.history.append((why[0], client.nick, *why[1:]))
            if client.json and why[0] == "lost":
                self.dropped[client.player.session.token] = self.world.now

    def text(self, size: int) -> str:
        self.count += 1
        return f"m{self.count}".ljust(size, ".")

    @rule(turns=st.integers(1, 4))
    def part_of_a_round(self, turns: int) -> None:
        for _ in range(turns):
            self.world.step()

    # -- coming and going --------------------------------------------------------------------------------

    @rule(json=st.booleans(), name=_names)
    def arrive(self, json: bool, name: str) -> None:
        self.clients.append(Client(Player(self.world), json))
        self.give_name(0, name)

    @rule(who=_who, name=_names)
    def give_name(self, who: int, name: str) -> None:
        client = self.pick(who)
        if client.nick:
            return
        client.player.feed(
            f'{{"type":"hello","nick":"{name}","token":"?"}}\n' if client.json else f"{name}\n"
        )
        if fold(name) in self.roster or not client.present:
            assert fold(name) in self.roster or client.state in (SessionState.LEAVING, SessionState.GONE)
        else:
            self.history.append(("joined", name))
            self.entered(client, name)

    @rule(who=_who, name=_names)
    def take_over(self, who: int, name: str) -> None:
        """By the holder's token. Nobody is told, so the name stays as it was written. Where its connection
        was lost before, it is back."""
        old = self.pick(who)
        token = old.player.session.token
        new = Client(Player(self.world), json=True)
        self.clients.append(new)
        new.player.feed(f'{{"type":"hello","nick":"{name}","token":"{token}"}}\n')
        holder = self.roster.get(fold(name))
        if holder is None:
            since = self.dropped.pop(token, None)
            back = ("joined", name) if since is None else ("back", name, str(int(self.world.now - since)))
            self.history.append(back)
            self.entered(new, name)
        elif token and token == holder.player.session.token:
            holder.until = len(self.history), len(self.talk)
            assert holder.state is SessionState.LEAVING
            assert holder.player.hung_up
            self.entered(new, holder.nick)
        else:
            assert new.state is SessionState.NAMELESS

    @rule(who=_who, reason=st.sampled_from(("", "tea", "closed")))
    def leave(self, who: int, reason: str) -> None:
        client = self.pick(who)
        if client.nick:
            client.player.feed(
                f'{{"type":"quit","reason":"{reason}"}}\n' if client.json else f"/quit {reason}\n"
            )
            self.ended(client, "left", reason)

    @rule(who=_who)
    def close(self, who: int) -> None:
        client = self.pick(who)
        state = client.state
        client.player.close()
        assert client.state is (SessionState.GONE if state is SessionState.GONE else SessionState.LEAVING)
        self.ended(client, "lost", "closed")

    @rule(who=_who, cause=st.sampled_from((Cause.RESET, Cause.TOO_SLOW, Cause.CLOSED)))
    def lose(self, who: int, cause: Cause) -> None:
        client = self.pick(who)
        client.player.broken(cause)
        self.ended(client, "lost", cause.value)
        assert client.state is SessionState.GONE

    # -- talking -----------------------------------------------------------------------------------------

    @rule(who=_who, size=_sizes)
    def say(self, who: int, size: int) -> None:
        client, text = self.speaker(who), self.text(size)
        client.player.feed(f'{{"type":"say","text":"{text}"}}\n' if client.json else f"{text}\n")
        self.talk.append((client, ("said", client.nick, text)))

    @rule(who=_who, reader=_who, size=_sizes)
    def dm_to_holder(self, who: int, reader: int, size: int) -> None:
        self.dm(who, self.speaker(reader).nick.upper(), size)

    @rule(who=_who, to=_names, size=_sizes)
    def dm(self, who: int, to: str, size: int) -> None:
        client, text, last = self.speaker(who), self.text(size), self.world.state.log.last_id
        reader = self.roster.get(fold(to))
        keeps_up = reader is not None and reader.up_to_date
        client.player.feed(
            f'{{"type":"dm","to":"{to}","text":"{text}"}}\n' if client.json else f'/dm {to} "{text}"\n'
        )
        if self.world.state.log.last_id > last:
            assert reader is not None
            reader.dms_accepted.append(("dm", client.nick, text))
            bound = LIMITS.private_waiting
            assert keeps_up or reader is client or reader.player.session.outbox.private <= bound
        else:
            assert not keeps_up

    # -- sockets and time --------------------------------------------------------------------------------

    @rule(who=_who, script=st.lists(st.sampled_from((0, 1, 30, None)), max_size=3))
    def freeze(self, who: int, script: list[int | None]) -> None:
        socket = self.pick(who).player.socket
        socket.script, socket.rest = script, 0

    @rule(who=_who, size=st.sampled_from((1, 100, 300)))
    def trickle(self, who: int, size: int) -> None:
        """A frozen socket takes a little."""
        client = self.pick(who)
        if client.player.session.outbox.flow in (Flow.BEHIND, Flow.SKIPPING):
            client.player.socket.script = [None]
            self.world.drain(client.player, size)

    @rule(who=_who)
    def thaw(self, who: int) -> None:
        self.thawed(self.pick(who))

    def thawed(self, client: Client) -> None:
        client.player.socket.script, client.player.socket.rest = [], None
        while client.player.session.outbox.flow in (Flow.BEHIND, Flow.SKIPPING):
            self.world.drain(client.player, 200)

    @rule(seconds=st.sampled_from((0.0, 0.1, 0.3)))
    def time(self, seconds: float) -> None:
        self.world.pass_time(seconds)
        for client in self.everyone():
            if client.up_to_date:
                assert not client.player.session.outbox.waiting
            client.read()
            if client.nick:
                self.check_heard(client)
            if seconds >= LIMITS.notice_interval and client.present and client.up_to_date:
                self.check_knows(client)

    # -- what holds --------------------------------------------------------------------------------------

    def check_heard(self, client: Client) -> None:
        """What was heard stands in its order in what happened, with nothing left out unless skipped."""
        notices = self.history[client.since[0] : client.until[0]]
        said = [heard for by, heard in self.talk[client.since[1] : client.until[1]] if by is not client]
        assert client.notices == notices[: len(client.notices)]
        if client.skipped:
            rest = iter(said)
            assert all(heard in rest for heard in client.said)
        else:
            assert client.said == (said if client.up_to_date else said[: len(client.said)])
        if client.up_to_date:
            assert client.dms == client.dms_accepted

    def check_knows(self, client: Client) -> None:
        """Everything that happened was told."""
        assert client.notices == self.history[client.since[0] :]
        assert client.believes == {holder.nick for holder in self.roster.values()}

    @invariant()
    def the_roster_is_who_is_present(self) -> None:
        state, lobby = self.world.state, self.world.lobby
        present = [client.player.session for client in self.everyone() if client.present]
        holders = [client.player.session for client in self.roster.values()]
        assert [person.sessions for person in state.roster] == [(session,) for session in holders]
        assert set(holders) == set(lobby.members) == set(present)
        assert len(state.roster) == len(lobby) == len({fold(session.nick) for session in present})
        assert [session.nick for session in state.roster] == [c.nick for c in self.roster.values()]

    def teardown(self) -> None:
        for client in self.everyone():
            self.thawed(client)
        self.time(1.0)
        for client in self.everyone():
            go_down(self.world.state, client.player.session)
        self.world.round()
        assert len(self.world.state.roster) == len(self.world.lobby) == 0
        for client in self.everyone():
            self.thawed(client)
            outbox = client.player.session.outbox
            assert (outbox.waiting, outbox.private) == (False, 0)
            assert client.state is SessionState.GONE or not outbox.skipped


TestManyClients = ManyClients.TestCase
TestManyClients.settings = settings(max_examples=EXAMPLES or 100, stateful_step_count=50)

"""Guests, accounts and devices come, go, drop, register, log in and rename, in any order: a name has one
holder, who owns a name got in by its password or by a token that was given for it, everyone knows who is
here, and nobody reads what was written to somebody else."""

import json
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from chatd.protocol.events import Cause
from chatd.protocol.limits import DEFAULT
from chatd.protocol.names import fold
from chatd.state.accounts import Account
from chatd.state.sessions import NAMED, OVER, PRESENT
from tests.support.world import Player, World

NAMES = st.sampled_from(["ann", "Ann", "bob"])
WORDS = st.sampled_from(["first secret", "first secret", "first secret", "second secret"])
LIMITS = replace(DEFAULT, devices=2, sessions=3, rename_burst=1000)


@dataclass(eq=False)
class Visit:
    """One connection; `tokens` are all that it was given."""

    player: Player
    owner: Account | None = None
    told: list[str] = field(default_factory=list)

    @property
    def here(self) -> bool:
        return self.player.session.state is PRESENT


class Community(RuleBasedStateMachine):
    visits = Bundle("visits")

    @initialize(target=visits)
    def begin(self) -> MultipleResults[Visit]:
        """Two have an account, and two devices each."""
        self.world = World(LIMITS)
        self.everyone: list[Visit] = []
        self.secrets: dict[Account, str] = {}
        self.tokens: dict[str, Account | None] = {}  # whose each is; None: a guest's
        self.written: dict[str, set[int]] = {}  # who may read which direct message
        self.numbers = count()
        self.watcher = self.world.player("watcher", json=True)
        self.believes = {"watcher"}
        visits: list[Any] = []
        for name in ("ann", "bob"):
            visits.append(self.come(name, False))
            self.register(visits[-1], "first secret")
            visits.append(self.log_in(name, "first secret", True))
        return multiple(*visits)

    # -- coming ------------------------------------------------------------------------------------------

    def _new(self, *lines: str) -> Visit:
        visit = Visit(Player(self.world))
        self.everyone.append(visit)
        for line in lines:
            visit.player.feed(line + "\n")
        self._look(visit)
        return visit

    def _look(self, visit: Visit) -> list[dict[str, Any]]:
        """What a connection was told; its token becomes known."""
        lines = visit.player.lines()
        visit.told += lines
        session = visit.player.session
        if session.state in NAMED and session.token:
            self.tokens[session.token] = session.person.account
        return [json.loads(line) for line in lines if line.startswith("{")]

    @rule(target=visits, name=NAMES, typed=st.booleans())
    def come(self, name: str, typed: bool) -> Visit:
        owner = self.world.state.accounts.named(name)
        visit = self._new(name if typed else json.dumps({"type": "hello", "nick": name}))
        assert owner is None or not visit.here
        return visit

    @rule(target=visits, name=NAMES, word=WORDS, typed=st.booleans())
    def log_in(self, name: str, word: str, typed: bool) -> Visit:
        owner = self.world.state.accounts.named(name)
        if typed:
            visit = self._new(name, *([word] if owner is not None else []))
        else:
            visit = self._new(json.dumps({"type": "hello", "nick": name, "password": word}))
        right = owner is not None and self.secrets[owner] == word
        if right and visit.here:
            visit.owner = owner
        elif not (typed and owner is None):
            assert not visit.here
        return visit

    @rule(target=visits, name=NAMES, pick=st.integers(0, 1000), seen=st.booleans())
    def come_with_a_token(self, name: str, pick: int, seen: bool) -> Visit:
        tokens = list(self.tokens)
        token = tokens[pick % len(tokens)] if tokens else "guessed"
        account = self.world.state.accounts.with_token(self.world.state.hash_token(token))
        hello = {"type": "hello", "nick": name, "token": token, **({"seen": 0} if seen else {})}
        visit = self._new(json.dumps(hello))
        if visit.here:
            visit.owner = account
            assert account is None or self.tokens[token] is account
        return visit

    # -- what one does with one's account ----------------------------------------------------------------

    def _ask(self, visit: Visit, **request: Any) -> None:
        if visit.here and not visit.player.session.dialect.typed:
            visit.player.feed(json.dumps(request) + "\n")
            self._look(visit)

    @rule(visit=visits, word=WORDS)
    def register(self, visit: Visit, word: str) -> None:
        session = visit.player.session
        if not visit.here or session.person.account is not None:
            return
        if session.dialect.typed:
            visit.player.feed(f"/register {word}\n")
        else:
            visit.player.feed(json.dumps({"type": "register", "password": word}) + "\n")
        visit.owner = session.person.account
        assert visit.owner is not None
        self.secrets[visit.owner] = word
        self._look(visit)

    @rule(visit=visits, word=WORDS)
    def change_password(self, visit: Visit, word: str) -> None:
        if visit.here and (account := visit.player.session.person.account) is not None:
            typed = visit.player.session.dialect.typed
            line = f"/password {word}" if typed else json.dumps({"type": "password", "password": word})
            visit.player.feed(line + "\n")
            self.secrets[account] = word
            assert account.verifier == f"verifier of {word}"

    @rule(visit=visits)
    def give_up(self, visit: Visit) -> None:
        if visit.here and visit.player.session.person.account is not None:
            typed = visit.player.session.dialect.typed
            visit.player.feed("/unregister\n" if typed else '{"type":"unregister"}\n')
            assert visit.player.session.person.account is None
            visit.owner = None

    @rule(visit=visits, number=st.integers(1, 4))
    def revoke(self, visit: Visit, number: int) -> None:
        self._ask(visit, type="revoke", number=number)

    @rule(visit=visits, name=st.sampled_from(["ann", "bob", "cy", "dee"]))
    def rename(self, visit: Visit, name: str) -> None:
        if visit.here:
            typed = visit.player.session.dialect.typed
            visit.player.feed(
                f"/nick {name}\n" if typed else json.dumps({"type": "nick", "nick": name}) + "\n"
            )

    # -- rooms and messages ------------------------------------------------------------------------------

    @rule(visit=visits, command=st.sampled_from(["join", "leave"]), room=st.sampled_from(["dev", "ops"]))
    def move(self, visit: Visit, command: str, room: str) -> None:
        if visit.here:
            typed = visit.player.session.dialect.typed
            request = {"type": command, "room": room}
            visit.player.feed(f"/{command} {room}\n" if typed else json.dumps(request) + "\n")

    @rule(visit=visits, to=NAMES)
    def write(self, visit: Visit, to: str) -> None:
        state, session = self.world.state, visit.player.session
        if not visit.here:
            return
        text = f"secret-{next(self.numbers)}-"
        reader, owner = state.roster.get(to), state.accounts.named(to)
        number = reader.number if reader is not None else owner.person if owner is not None else 0
        self.written[text] = {session.person.number, number}
        typed = session.dialect.typed
        request = {"type": "dm", "to": to, "text": text}
        readers = [one for one in self.everyone if one.here and one.player.session.person is reader]
        visit.player.feed(f"/dm {to} {text}\n" if typed else json.dumps(request) + "\n")
        for one in readers:
            self._look(one)
            assert any(text in line for line in one.told)

    @rule(visit=visits, name=NAMES)
    def look_back(self, visit: Visit, name: str) -> None:
        self._ask(visit, type="history", **{"with": name})
        self._ask(visit, type="search", words="secret", **{"from": name})
        self._ask(visit, type="catchup")

    # -- going -------------------------------------------------------------------------------------------

    @rule(visit=visits, how=st.sampled_from(["quit", "drop", "close"]))
    def go(self, visit: Visit, how: str) -> None:
        if visit.player.session.state in OVER:
            return
        if how == "drop":
            visit.player.broken(Cause.RESET)
        elif how == "close":
            visit.player.close()
        elif visit.here:
            typed = visit.player.session.dialect.typed
            visit.player.feed("/quit\n" if typed else '{"type":"quit"}\n')

    @rule(seconds=st.sampled_from([1.0, DEFAULT.away_time, DEFAULT.device_time]))
    def time_passes(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    # -- what holds --------------------------------------------------------------------------------------

    @invariant()
    def a_name_has_one_holder(self) -> None:
        state = self.world.state
        for person in state.roster:
            owner = state.accounts.named(person.nick)
            assert person.account is owner
            assert person.sessions and all(one.person is person for one in person.sessions)
            assert owner is None or owner.person == person.number
        names = [fold(person.nick) for person in state.roster]
        assert len(names) == len(set(names))
        holders = {one for person in state.roster for one in person.sessions}
        present = {one.player.session for one in self.everyone if one.player.session.state in NAMED}
        assert holders == present | {self.watcher.session}

    @invariant()
    def who_is_in_was_let_in(self) -> None:
        for visit in self.everyone:
            if visit.here:
                account = visit.player.session.person.account
                assert account is None or account is visit.owner

    @invariant()
    def all_devices_are_where_the_person_is(self) -> None:
        state = self.world.state
        for person in state.roster:
            rooms = {tuple(one.room for one in session.memberships) for session in person.sessions}
            assert len({frozenset(names) for names in rooms}) == 1
            if person.account is not None:
                assert {*person.account.rooms} == {*next(iter(rooms))}
        for room in state.rooms:
            assert len(room) == len({session.person.number for session in room.members})

    @invariant()
    def everyone_knows_who_is_here(self) -> None:
        self.world.pass_time(1)
        for line in self.watcher.lines():
            event = json.loads(line)
            if event.get("room") is not None:
                continue
            match event["type"]:
                case "joined" | "back":
                    assert not self.believes & {*event["names"]} - {"watcher"}, line
                    self.believes |= {*event["names"]}
                case "left" | "lost":
                    assert self.believes >= {*event["names"]}
                    self.believes -= {*event["names"]}
                case "renamed":
                    self.believes = self.believes - {event["from"]} | {event["to"]}
        assert self.believes == {person.nick for person in self.world.state.roster}

    @invariant()
    def nobody_reads_what_is_not_for_it(self) -> None:
        for visit in self.everyone:
            session = visit.player.session
            self._look(visit)
            for line in visit.told:
                for text, readers in self.written.items():
                    if text in line:
                        assert session.person.number in readers, (line, readers)
            visit.told.clear()


TestCommunity = Community.TestCase
TestCommunity.settings = settings(max_examples=150, stateful_step_count=40)

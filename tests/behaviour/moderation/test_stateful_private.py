"""Whatever people do around a room that is private at times: nobody comes in uninvited, and nobody is told
what was said before it may read."""

import json
import re
from math import inf
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from chatd.protocol.limits import DEFAULT
from chatd.state.sessions import OVER
from tests.support.accounts import PASSWORD, registered
from tests.support.civil import acts, code
from tests.support.examples import EXAMPLES
from tests.support.resuming import EventFields, events
from tests.support.world import Player, World

#: alice owns the room; who has a `_` is a guest.
WHO: Final = ("alice", "bob", "carl", "gus_")
OTHERS: Final = WHO[1:]
#: What is asked of the log; the answers are pages.
QUESTIONS: Final[tuple[dict[str, Any], ...]] = (
    {"type": "history", "room": "dev", "limit": 500},
    {"type": "history", "room": "dev", "after": 0, "limit": 3},
    {"type": "search", "words": "message"},
    {"type": "search", "words": "message", "context": True, "limit": 1},
    {"type": "catchup"},
)
questions = st.sampled_from(QUESTIONS)
#: Each message has a number.
_MESSAGE: Final = re.compile(r"message (\d+)")


class PrivateRoom(RuleBasedStateMachine):
    """`may_read` has for each one who is in the room, or comes back to it, from which message on; `invited`
    are those who may come in. What becomes of these is said by what people ask for, and not by the server's
    rulings."""

    @initialize()
    def begin(self) -> None:
        self.world = World()
        self.players: dict[str, Player] = {}
        for nick in WHO:
            guest = nick.endswith("_")
            self.players[nick] = self.world.player(nick, json=True) if guest else registered(self.world, nick)
        self.count = 0
        self.private = False
        self.may_read: dict[str, float] = {}
        self.invited: set[str] = set()
        self.ask("alice", type="join", room="dev")
        self.say("alice")
        self.private_is(on=True)

    def is_in(self, nick: str) -> bool:
        return "dev" in self.players[nick].session.person.rooms

    def is_here(self, nick: str) -> bool:
        return self.players[nick].session.state not in OVER

    def ask(self, who: str, /, **request: Any) -> list[EventFields]:
        """What who asks is told; all that anyone is told is checked."""
        before = self._readable()
        player = self.players[who]
        if self.is_here(who):
            player.feed(json.dumps(request) + "\n")
        self._note_members()
        after, told = self._readable(), {one: events(self.players[one]) for one in WHO}
        for reader, what in told.items():
            least = min(before.get(reader, inf), after.get(reader, inf))
            for number in _MESSAGE.findall(json.dumps(what)):
                assert int(number) >= least, f"{reader} reads {number}, and may from {least} on"
        return told[who]

    def _readable(self) -> dict[str, float]:
        return dict(self.may_read) if self.private else dict.fromkeys(self.may_read, 0)

    def _note_members(self) -> None:
        for nick in filter(self.is_here, WHO):
            if not self.is_in(nick):
                self.may_read.pop(nick, None)
            elif nick not in self.may_read:
                assert not self.private or nick in self.invited or nick == "alice", f"{nick} was not invited"
                self.may_read[nick] = self.count if self.private else 0
                self.invited.discard(nick)

    # -- in the room -----------------------------------------------------------------------------------------

    @rule(nick=st.sampled_from(WHO))
    def say(self, nick: str) -> None:
        if self.is_here(nick) and self.is_in(nick):
            self.ask(nick, type="say", room="dev", text=f"message {self.count}")
            self.count += 1

    @rule(nick=st.sampled_from(WHO), question=questions)
    def join(self, nick: str, question: dict[str, Any]) -> None:
        self.ask(nick, type="join", room="dev")
        self.ask(nick, **question)

    @rule(nick=st.sampled_from(WHO))
    def leave(self, nick: str) -> None:
        self.ask(nick, type="leave", room="dev")

    @rule(nick=st.sampled_from(WHO), question=questions)
    def question(self, nick: str, question: dict[str, Any]) -> None:
        self.ask(nick, **question)

    # -- coming and going ------------------------------------------------------------------------------------

    @rule(nick=st.sampled_from(OTHERS), long=st.booleans())
    def drop(self, nick: str, long: bool) -> None:
        """A guest comes back to its rooms for some minutes only; later it may come in again."""
        if not self.is_here(nick):
            return
        self.players[nick].close()
        if long:
            self.world.pass_time(DEFAULT.away_time + 1)
            if nick.endswith("_") and self.may_read.pop(nick, False) and self.private:
                self.invited.add(nick)

    @rule(nick=st.sampled_from(OTHERS), seen=st.sampled_from((None, 0, 1)))
    def come_back(self, nick: str, seen: int | None) -> None:
        old = self.players[nick]
        if old.session.state in OVER:
            self.players[nick] = Player(self.world)
            secret = {"token": old.session.token} if nick.endswith("_") else {"password": PASSWORD}
            self.ask(nick, type="hello", nick=nick, seen=seen, **secret)

    # -- what its owner does ---------------------------------------------------------------------------------

    @rule(on=st.booleans())
    def private_is(self, on: bool) -> None:
        if acts(self.ask("alice", type="private", room="dev", on=on)):
            self.private = on
            self.may_read = dict.fromkeys(self.may_read, 0)
            if not on:
                self.invited.clear()

    @rule(nick=st.sampled_from(OTHERS), question=st.none() | questions)
    def invite(self, nick: str, question: dict[str, Any] | None) -> None:
        """Who comes at once has a question."""
        if acts(self.ask("alice", type="invite", room="dev", nick=nick)):
            self.invited.add(nick)
        if question is not None:
            self.join(nick, question)

    @rule(nick=st.sampled_from(OTHERS), what=st.sampled_from(("kick", "ban")))
    def put_out(self, nick: str, what: str) -> None:
        field = "nick" if what == "kick" else "whom"
        if code(self.ask("alice", type=what, room="dev", **{field: nick})) == "":
            self.may_read.pop(nick, None)
            self.invited.discard(nick)

    @rule(nick=st.sampled_from(OTHERS))
    def unban(self, nick: str) -> None:
        self.ask("alice", type="unban", room="dev", whom=nick)


TestPrivateRoom = PrivateRoom.TestCase
TestPrivateRoom.settings = settings(max_examples=max(100, EXAMPLES), stateful_step_count=50)

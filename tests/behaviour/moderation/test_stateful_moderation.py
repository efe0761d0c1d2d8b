"""Whatever people ask for, in any order, with a log that takes its time and sometimes fails: roles are what
the acts that it has say, each act was done by somebody who had the right to it then, and whoever is banned,
muted or unheard is so."""

import json
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chatd.behaviour.dispatch import dispatch
from chatd.behaviour.moderation.putting_out import put_out_some
from chatd.protocol.events import Cause
from chatd.protocol.moderation_requests import Grant
from chatd.protocol.names import fold
from chatd.protocol.roles import ROOM_ROLES, SERVER_ROLES, Role
from chatd.state.message_log import ActEntry, Entry, RoomEntry
from chatd.state.sessions import CONSOLE, OVER, PRESENT, Person, Session, SessionState
from chatd.state.stored_rulings import RulingKind
from tests.behaviour.test_publication import LateLog, late_world
from tests.support.accounts import PASSWORD
from tests.support.examples import EXAMPLES
from tests.support.world import Player, World

WHO: Final = ("owner", "admin", "ann", "bob", "guest", "stranger")
WITH_ACCOUNT: Final = WHO[:4]
ROOMS: Final = ("lobby", "dev", "ops")
#: What each act makes of the role of whom it is done to.
GIVEN: Final = {"op": "operator", "deop": "", "voice": "voice", "devoice": "", "own": "owner"}
#: What needs no operator: one may do it to oneself, or to one's own.
FREE: Final = frozenset(("own", "delete"))
ON_SERVER: Final = {"announce": Role.ADMIN, "kill": Role.ADMIN, "lockdown": Role.ADMIN, "grant": Role.OWNER}

JUDGING: Final = ("kick", "mute", "unmute", "invite", "kill")

people = st.sampled_from(WHO)
#: Who can do anything does it more often than others.
actors = st.sampled_from(("ann", "ann", "ann", "ann", "admin", "owner", "bob", "guest"))
rooms = st.sampled_from(("dev", "dev", "dev", "ops", "lobby"))
victims = st.sampled_from(("bob", "guest", "bob", "guest", "stranger", "ann", "admin"))


class AuditModel:
    """What the acts say that the log has, and what it says of them: nothing is taken from the server's own
    rulings."""

    def __init__(self) -> None:
        self.roles: dict[tuple[str, int], str] = {}
        self.banned: dict[str, dict[str, int | None]] = {}  # by room: names, and whose they were
        self.muted: dict[str, dict[str, int | None]] = {}
        self.moderated: dict[str, bool] = {}
        self.locked = False

    def role(self, person: Person, room: str) -> Role:
        if person is CONSOLE:
            return Role.OWNER
        server = SERVER_ROLES.get(self.roles.get(("lobby", person.number), ""), Role.EVERYONE)
        if server or room == "lobby":
            return server
        return ROOM_ROLES.get(self.roles.get((room, person.number), ""), Role.EVERYONE)

    def note(self, entry: ActEntry) -> None:
        """One more, which its author must have a right to."""
        act, room, author = entry.act, entry.room.name, entry.author.person
        needed = ON_SERVER.get(act.act, Role.EVERYONE if act.act in FREE else Role.OPERATOR)
        assert self.role(author, room) >= needed, (act, author.nick)
        if act.act in GIVEN:
            self.roles[room, act.person or 0] = GIVEN[act.act]
        elif act.act == "grant":
            self.roles[room, act.person or 0] = act.value or ""
        elif act.act == "moderated":
            self.moderated[room] = act.value == "on"
        elif act.act == "lockdown":
            self.locked = act.value == "on"
        elif act.act in ("ban", "mute"):
            held = self.banned if act.act == "ban" else self.muted
            held.setdefault(room, {})[fold(act.whom or "")] = act.person
        elif act.act in ("unban", "unmute"):
            held = self.banned if act.act == "unban" else self.muted
            person = held[room].pop(fold(act.whom or ""))
            for name in [one for one, whose in held[room].items() if whose == person is not None]:
                del held[room][name]

    def is_held(self, held: dict[str, dict[str, int | None]], person: Person, room: str) -> bool:
        names = held.get(room, {})
        return person.number in names.values() or (person.account is None and fold(person.nick) in names)

    def may_speak(self, person: Person, room: str) -> bool:
        role = self.role(person, room)
        if self.locked and person.account is None:
            return False
        if role >= Role.OPERATOR:
            return True
        return not self.is_held(self.muted, person, room) and not (
            self.moderated.get(room) and role < Role.VOICE
        )


class Civility(RuleBasedStateMachine):
    world: World
    log: LateLog

    @initialize()
    def begin(self) -> None:
        """Two have a role on the server, one made the rooms, and some are guests."""
        self.world, self.log = late_world()
        self.audit = AuditModel()
        self.slow = False
        self._watch()
        self.players: dict[str, Player] = {}
        for name in WHO:
            self.players[name] = self.world.player(name, json=True)
            if name in WITH_ACCOUNT:
                self.feed(name, type="register", password=PASSWORD)
        console = Session(self.world.state.limits, Player(self.world), len)
        console.person, console.state = CONSOLE, SessionState.PRESENT
        dispatch(self.world.state, console, Grant(nick="owner", role="owner"))
        dispatch(self.world.state, console, Grant(nick="admin", role="admin"))
        self.log.take()
        for name in ROOMS[1:]:
            for who in WHO:
                self.feed("ann" if who == "owner" else who, type="join", room=name)

    def _watch(self) -> None:
        """See each entry as it is told, before anything comes of it."""
        published = dict(self.log.published)
        tell_act, tell_message = published[ActEntry], published[RoomEntry]

        def act(entry: ActEntry) -> None:
            self.audit.note(entry)
            tell_act(entry)

        def say(entry: RoomEntry) -> None:
            assert self.audit.may_speak(entry.author.person, entry.room.name)
            tell_message(entry)

        self.log.published = {**published, ActEntry: act, RoomEntry: say}

    def feed(self, who: str, **request: Any) -> None:
        player = self.players[who]
        if player.session.state not in OVER:
            player.feed(json.dumps(request) + "\n")
        if not self.slow:
            self.log_takes(False)

    def name(self, who: str) -> str:
        """That it has now."""
        return self.players[who].session.nick or who

    # -- what people do --------------------------------------------------------------------------------------

    @rule(who=people, room=rooms)
    def join(self, who: str, room: str) -> None:
        self.feed(who, type="join", room=room)

    @rule(who=people, room=rooms)
    def leave(self, who: str, room: str) -> None:
        self.feed(who, type="leave", room=room)

    @rule(who=people, room=rooms)
    def say(self, who: str, room: str) -> None:
        self.feed(who, type="say", room=room, text="hello")

    @rule(who=people, nick=st.sampled_from(("guest", "stranger", "other", "Guest")))
    def rename(self, who: str, nick: str) -> None:
        self.world.pass_time(60)
        self.feed(who, type="nick", nick=nick)

    @rule(who=people, loses=st.booleans())
    def come_again(self, who: str, loses: bool) -> None:
        """With the token, as far as it has one: a guest that is banned tries, too."""
        old = self.players[who]
        if old.session.state not in OVER:
            old.broken(Cause.RESET) if loses else old.feed('{"type":"quit"}\n')
        player = self.players[who] = Player(self.world)
        secret = {"password": PASSWORD} if who in WITH_ACCOUNT else {"token": old.session.token or "none"}
        nick = old.session.nick or who
        player.feed(json.dumps({"type": "hello", "nick": nick, **secret}) + "\n")

    # -- what they do to others ------------------------------------------------------------------------------

    @rule(who=actors, room=rooms, whom=victims, act=st.sampled_from(("op", "deop", "voice", "devoice")))
    def give_and_take(self, who: str, room: str, whom: str, act: str) -> None:
        self.feed(who, type=act, room=room, nick=self.name(whom))

    @rule(who=actors, room=rooms, whom=victims, act=st.sampled_from(JUDGING))
    def judge(self, who: str, room: str, whom: str, act: str) -> None:
        more = {"reason": "so"} if act == "kill" else {"room": room}
        self.feed(who, type=act, nick=self.name(whom), **more)

    @rule(who=actors, room=rooms, whom=victims, act=st.sampled_from(("ban", "ban", "unban")))
    def ban(self, who: str, room: str, whom: str, act: str) -> None:
        self.feed(who, type=act, room=room, whom=self.name(whom))

    @rule(who=actors, room=rooms, on=st.booleans(), act=st.sampled_from(("private", "moderated", "lockdown")))
    def switch(self, who: str, room: str, on: bool, act: str) -> None:
        self.feed(who, type=act, on=on, **({} if act == "lockdown" else {"room": room}))

    @rule(who=actors, whom=victims, role=st.sampled_from(("admin", "owner", None)))
    def grant(self, who: str, whom: str, role: str | None) -> None:
        self.feed(who, type="grant", nick=self.name(whom), role=role)

    @rule(slow=st.booleans())
    def disk_is(self, slow: bool) -> None:
        self.slow = slow

    @rule()
    def one_fails(self) -> None:
        """What was said or done after it does not."""
        if self.log.waiting and isinstance(first := self.log.waiting[0], Entry):
            self.log.waiting.pop(0)
            self.log.failed(first)

    @rule(fails=st.booleans())
    def log_takes(self, fails: bool) -> None:
        self.log.take(fails)
        self._put_out()

    def _put_out(self) -> None:
        while self.world.state.leaving:
            put_out_some(self.world.state)

    # -- what holds --------------------------------------------------------------------------------------

    @invariant()
    def nobody_has_a_right_that_nobody_gave(self) -> None:
        if self.log.waiting:
            return
        rulings = self.world.state.rulings
        for room in self.world.state.rooms:
            held = {int(one.subject): one.value for one in rulings.of(room.number, RulingKind.ROLE)}
            roles = self.audit.roles.items()
            assert held == {who: role for (name, who), role in roles if name == room.name and role}

    @invariant()
    def who_is_banned_is_out(self) -> None:
        if self.log.waiting:
            return
        for room in self.world.state.rooms:
            for session in room.members:
                if session.state is PRESENT:
                    assert not self.audit.is_held(self.audit.banned, session.person, room.name)


TestCivility = Civility.TestCase
TestCivility.settings = settings(max_examples=max(60, EXAMPLES), stateful_step_count=60)

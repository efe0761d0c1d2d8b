"""Running a community: what its page shows is what the server says."""

import re

from chatd.behaviour.dispatch import dispatch
from chatd.protocol.dialects import JSONL
from chatd.protocol.moderation_events import Acted
from chatd.protocol.moderation_requests import Grant
from chatd.protocol.version import SERVER
from chatd.state.sessions import CONSOLE, SessionState
from tests.support.doc_pages import examples, page
from tests.support.world import Player, World

PAGE = "docs/community.md"
#: Times are those of the world's clock.
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}")


class Townspeople:
    """Whoever talks in the examples, in one world; bob has an account, and all come from addresses of their
    own."""

    def __init__(self) -> None:
        self.world = World()
        self._here: dict[str, Player] = {}
        self._heard: dict[str, list[str]] = {}

    def come(self, nick: str) -> Player:
        if nick not in self._here:
            player = Player(self.world, address=f"203.0.113.{len(self._here)}")
            self._here[nick] = player
            player.feed(f"{nick}\n")
            if nick == "bob":
                player.feed("/register correct horse battery\n")
        return self._here[nick]

    def type(self, nick: str, line: str) -> None:
        self.come(nick).feed(f"{line}\n")
        self._listen()

    def _listen(self) -> None:
        """Whatever was not looked at yet is still to be read."""
        self.world.settle()
        for name, player in self._here.items():
            self._heard.setdefault(name, []).extend(_TIME.sub("TIME", each) for each in player.read())

    def reads(self, nick: str, line: str) -> None:
        """It comes, at some time after what was read before."""
        heard = self._heard[nick]
        assert line in heard, f"{nick} does not read {line!r}, but {heard}"
        del heard[: heard.index(line) + 1]

    def owns(self, nick: str) -> None:
        """As by `chatd admin grant`."""
        console = Player(self.world)
        console.session.person, console.session.state = CONSOLE, SessionState.PRESENT
        dispatch(self.world.state, console.session, Grant(nick=nick, role="owner"))
        self._listen()


def lines_of(example: str) -> list[tuple[str, str, str]]:
    found = [
        re.fullmatch(r"(\w+) ([<>]) (.*)", line) for line in examples(PAGE, f"text {example}").splitlines()
    ]
    assert all(found)
    return [(one[1], one[2], one[3]) for one in found if one]


def test_the_page_is_followed_from_its_beginning_to_its_end() -> None:
    people = Townspeople()
    session = examples(PAGE, "text session").splitlines()
    assert session[:3] == ["$ nc 127.0.0.1 5050", f"* {SERVER} - what is your name?", "alice"]
    people.type(session[2], session[4])
    for line in (session[3], session[5]):
        people.reads("alice", line)
    people.owns("alice")
    names = re.findall(r"^```text (\w+)$", page(PAGE), re.MULTILINE)
    assert names == ["session", "roles", "troll", "raid", "private", "audit"]
    for name in names[1:]:
        for nick, way, text in lines_of(name):
            if way == ">":
                people.type(nick, text)
            else:
                people.reads(nick, text)


def test_what_a_bot_reads_of_an_act_is_one() -> None:
    event = JSONL.parse_event(examples(PAGE, "json acted").strip().encode())
    assert isinstance(event, Acted)

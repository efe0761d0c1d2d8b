"""What one client hears, whichever dialect it reads: the lines of both as the same few words, and what the
client believes after them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from chatd.protocol.dialects.jsonl import JsonLines
from chatd.protocol.events import Back, DirectMessage, Joined, Left, Lost, Said, Skipped, UserList
from chatd.state.outbox import Flow
from chatd.state.sessions import SessionState
from tests.support.world import Player

#: What is heard: ("joined", NAME), ("left", NAME, REASON), ("lost", NAME, CAUSE),
#: ("back", NAME, SECONDS), ("said", NAME, TEXT),
#: ("dm", NAME, TEXT), ("users", NAME, ...), ("skipped", COUNT).
Heard = tuple[str, ...]

_TEXT_LINES = (
    ("joined", re.compile(r"\* (.+) joined")),
    ("left", re.compile(r"\* (.+?) left(?: \((.*)\))?")),
    ("lost", re.compile(r"\* (.+) lost connection \((.*)\)")),
    ("back", re.compile(r"\* (.+) (?:is|are) back after (\d+) s")),
    ("users", re.compile(r"\* \d+ here: (.+)")),
    ("skipped", re.compile(r"\* (\d+) messages? skipped")),
    ("said", re.compile(r"<(\S+)> (.*)")),
    ("dm", re.compile(r"\[dm from (\S+)\] (.*)")),
)


def from_text(line: str) -> Iterator[Heard]:
    """What a line says to a text reader; a line that names many is heard once for each."""
    for kind, pattern in _TEXT_LINES:
        if match := pattern.fullmatch(line):
            first, *rest = match.groups(default="")
            names = first.split(", ")
            yield from [("users", *names)] if kind == "users" else [(kind, name, *rest) for name in names]
            return


def from_json(line: str) -> Iterator[Heard]:
    """The same, for a JSON reader."""
    match JsonLines().parse_event(line.encode()):
        case Joined(names=names):
            yield from (("joined", name) for name in names)
        case Left(names=names, reason=reason):
            yield from (("left", name, reason or "") for name in names)
        case Lost(names=names, cause=cause):
            yield from (("lost", name, cause) for name in names)
        case Back(names=names, after_s=seconds):
            yield from (("back", name, str(seconds)) for name in names)
        case UserList(names=names):
            yield ("users", *names)
        case Skipped(count=count):
            yield ("skipped", str(count))
        case Said(sender=sender, text=text):
            yield ("said", sender, text)
        case DirectMessage(sender=sender, text=text):
            yield ("dm", sender, text)


@dataclass(eq=False)
class Client:
    """A player and what it should hear: of the test's `history` and `talk`, what stands from `since` on, and
    up to `until` when it is over. `believes` is who is here, for all that it was told."""

    player: Player
    json: bool
    nick: str = ""
    since: tuple[int, int] = (0, 0)
    until: tuple[int | None, int | None] = (None, None)
    believes: set[str] = field(default_factory=set)
    notices: list[Heard] = field(default_factory=list)
    said: list[Heard] = field(default_factory=list)
    dms: list[Heard] = field(default_factory=list)
    dms_accepted: list[Heard] = field(default_factory=list)
    skipped: bool = False

    @property
    def state(self) -> SessionState:
        return self.player.session.state

    @property
    def present(self) -> bool:
        return self.state is SessionState.PRESENT

    @property
    def up_to_date(self) -> bool:
        return self.player.session.outbox.flow is Flow.KEEPING_UP

    def read(self) -> None:
        """Take note of what came."""
        for line in self.player.read():
            for heard in from_json(line) if self.json else from_text(line):
                self.hear(*heard)

    def hear(self, kind: str, name: str, *rest: str) -> None:
        heard = (kind, name, *rest)
        match kind:
            case "users":
                self.believes = {name, *rest}
            case "skipped":
                assert int(name) > 0
                self.skipped = True
            case "said":
                assert name in self.believes, f"{name} speaks before it was announced"
                self.said.append(heard)
            case "dm":
                assert name in self.believes, f"{name} writes before it was announced"
                self.dms.append(heard)
            case "joined" | "back":
                assert name not in self.believes, f"{name} came twice"
                self.believes.add(name)
                self.notices.append(heard)
            case _:
                assert name in self.believes, f"{name} ended twice"
                self.believes.discard(name)
                self.notices.append(heard)

"""Tab completion: commands at the start of a line, rooms behind the commands that take one and behind a #,
`on` and `off` and the like where nothing else can stand, names everywhere else, the most recent speaker
first.

A single match is inserted with a space after it. Of several, each further Tab inserts the next one, then the
text as it was typed, then the first again.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from chatd.protocol.names import fold

#: What can follow a command, word by word.
_ARGUMENTS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("/dm", "/whois", "/query", "/q", "/ignore", "/unignore"), ("name",)),
    **dict.fromkeys(("/op", "/deop", "/voice", "/devoice", "/kick", "/kill"), ("name",)),
    **dict.fromkeys(("/unban", "/unmute", "/delete", "/invite"), ("name",)),
    **dict.fromkeys(("/ban", "/mute"), ("name", "time")),
    **dict.fromkeys(("/private", "/moderated", "/lockdown"), ("switch",)),
    **dict.fromkeys(("/slow", "/keep", "/key"), ("off",)),
    "/grant": ("name", "role"),
    **dict.fromkeys(("/join", "/leave", "/say", "/users"), ("room",)),
    **dict.fromkeys(("/window", "/w"), ("window",)),
}
#: Those that are the same everywhere.
_WORDS: Final[dict[str, Sequence[str]]] = {
    "switch": ("on", "off"),
    "off": ("off",),
    "time": ("30m", "2h", "7d"),
    "role": ("admin", "none"),
}


class Pools(NamedTuple):
    """What there is to complete to. Rooms are without the #; windows are their titles."""

    commands: Sequence[str]
    names: Sequence[str]
    rooms: Sequence[str] = ()
    windows: Sequence[str] = ()


class InputLine(NamedTuple):
    """The text of the input line, and the index of the cursor in it."""

    text: str
    cursor: int


def matches(before: str, pools: Pools) -> tuple[str, list[str]]:
    """The word before the cursor, and what it can be completed to."""
    start = before.rfind(" ") + 1
    word = before[start:]
    kind = _kind(fold(before[:start]))
    if not word and not kind:
        return word, []
    pool = _pool(kind, not start, word, pools)
    return word, [each for each in pool if fold(each).startswith(fold(word))]


def _kind(before: str) -> str:
    """What can follow; empty: anything."""
    command, *words = before.split() or [""]
    kinds = _ARGUMENTS.get(command, ())
    return kinds[len(words)] if before.startswith("/") and len(words) < len(kinds) else ""


def _pool(kind: str, first: bool, word: str, pools: Pools) -> Sequence[str]:
    if kind == "window":
        bare = [title.removeprefix("#") for title in pools.windows]
        return pools.windows if not word or word.startswith("#") else bare
    if kind in _WORDS:
        return _WORDS[kind]
    if word.startswith("#"):
        return [f"#{room}" for room in pools.rooms]
    if kind == "room":
        return pools.rooms
    return pools.commands if first and word.startswith("/") else pools.names


class Completion:
    """The state between two presses of Tab."""

    def __init__(self) -> None:
        self._last: InputLine | None = None
        self._cycle: list[InputLine] = []

    def press(self, line: InputLine, pools: Pools) -> InputLine:
        """One press: the line to show instead."""
        if line != self._last or not self._cycle:
            self._cycle = self._candidates(line, pools)
        if not self._cycle:
            return line
        self._last = self._cycle.pop(0)
        self._cycle.append(self._last)
        return self._last

    @staticmethod
    def _candidates(line: InputLine, pools: Pools) -> list[InputLine]:
        before, after = line.text[: line.cursor], line.text[line.cursor :]
        word, found = matches(before, pools)
        start = before[: len(before) - len(word)]
        if len(found) == 1:
            found = [found[0] + " "]
            after = after.removeprefix(" ")
        cycle = [InputLine(start + each + after, len(start + each)) for each in found]
        return [*cycle, line] if len(cycle) > 1 else cycle

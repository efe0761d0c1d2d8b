"""The keys beside readline's, which prompt_toolkit brings: words, kill and yank, history and search in it."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition, is_searching
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.bindings.named_commands import get_by_name
from prompt_toolkit.keys import Keys


class Pager(Protocol):
    """The message area."""

    def page(self, direction: int) -> None: ...


class KeyTarget(Protocol):
    """The screen, as far as keys reach into it."""

    input: Buffer
    pasted: list[str]

    @property
    def messages(self) -> Pager: ...

    def leave(self) -> None: ...

    def put_aside(self) -> None: ...

    def to_end(self) -> None: ...

    def suspend(self) -> None: ...

    def complete(self) -> None: ...

    def paste(self, data: str) -> None: ...

    def answer(self, yes: bool) -> None: ...


def _alone(act: Callable[[], None]) -> Callable[[KeyPressEvent], None]:
    return lambda event: act()


def bindings(screen: KeyTarget) -> KeyBindings:
    """While a question is open, y says yes, and n, Escape, Ctrl-C and Ctrl-D say no.

    Other characters are swallowed. Keys with a meaning of their own keep it, and so do the mouse and a paste:
    what nobody meant as an answer is none.
    """
    table = KeyBindings()
    asking = Condition(lambda: bool(screen.pasted))
    empty = Condition(lambda: not screen.input.text)
    simple = {
        "pageup": lambda: screen.messages.page(1),
        "pagedown": lambda: screen.messages.page(-1),
        "s-pageup": lambda: screen.messages.page(1),
        "s-pagedown": lambda: screen.messages.page(-1),
        "c-end": screen.to_end,
        "tab": screen.complete,
        "<sigint>": screen.leave,
        "c-z": screen.suspend,
    }
    for key, act in simple.items():
        table.add(key)(_alone(act))
    table.add("escape", "end")(_alone(screen.to_end))
    table.add("c-c", filter=~is_searching & ~empty)(_alone(screen.put_aside))  # a search is only given up
    table.add("c-c", filter=~is_searching & empty)(_alone(screen.leave))
    table.add("c-d", filter=empty, eager=True)(_alone(screen.leave))

    @table.add(Keys.BracketedPaste)
    def _(event: KeyPressEvent) -> None:
        screen.paste(event.data)

    for answers, yes in (("y", "Y"), True), (("n", "N", "escape", "c-c", "c-d"), False):
        for key in answers:
            table.add(key, filter=asking, eager=True)(_alone(partial(screen.answer, yes)))
    table.add("enter", filter=asking, eager=True)(_alone(lambda: None))
    _ignore_unknown(table)
    table.add("<any>", filter=asking)(_alone(lambda: None))  # not eager: whatever is more specific wins
    return table


def _ignore_unknown(table: KeyBindings) -> None:
    """Keys of which nobody knows the meaning are no text. prompt_toolkit puts them in as it got them.

    The ones that it knows come with their sequence as data. Of others the parts come one by one: ECMA-48
    (5.4) lets a control sequence end with the first byte from @ to ~.
    """
    inside = False

    @table.add("<any>")
    def _(event: KeyPressEvent) -> None:
        if event.data.isprintable():
            get_by_name("self-insert").handler(event)

    @table.add("escape", "[")
    def _(event: KeyPressEvent) -> None:
        nonlocal inside
        inside = True

    @table.add("<any>", filter=Condition(lambda: inside), eager=True)
    def _(event: KeyPressEvent) -> None:
        nonlocal inside
        inside = not "@" <= event.data <= "~"

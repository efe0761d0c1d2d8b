"""The keys of the screen: what F1 shows, what the documentation lists, and what is bound (see `keys`)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

from prompt_toolkit.buffer import Buffer


class Pager(Protocol):
    """The message area."""

    def page(self, direction: int) -> None: ...


class PeoplePager(Pager, Protocol):
    """Who is here, beside the messages."""

    def toggle(self) -> None: ...


class KeyTarget(Protocol):
    """What the keys use of the screen."""

    @property
    def input(self) -> Buffer: ...

    @property
    def messages(self) -> Pager: ...

    @property
    def people(self) -> PeoplePager: ...

    @property
    def asking(self) -> bool: ...

    @property
    def sending(self) -> bool: ...

    @property
    def covered(self) -> bool: ...

    def leave_or_exit(self) -> None: ...

    def clear_input(self) -> None: ...

    def to_end(self) -> None: ...

    def suspend(self) -> None: ...

    def complete(self) -> None: ...

    def paste(self, data: str) -> None: ...

    def answer_paste(self, yes: bool) -> None: ...

    def answer_block(self) -> None: ...

    def cancel_paste(self) -> None: ...

    def go_to(self, number: int) -> None: ...

    def step(self, by: int) -> None: ...

    def go_to_news(self) -> None: ...

    def show_keys(self) -> None: ...

    def press_covered(self, key: str) -> None: ...


#: Keys as prompt_toolkit calls them, one after the other: Alt is Escape and the other key.
Pressed = tuple[str, ...]


class Key(NamedTuple):
    """`bound`: what each of the keys does, except those that are bound elsewhere: by prompt_toolkit, or since
    they do something only now and then.
    """

    keys: str
    what: str
    bound: Mapping[Pressed, Callable[[KeyTarget], None]] = MappingProxyType({})


def _go(number: int) -> Callable[[KeyTarget], None]:
    return lambda screen: screen.go_to(number)


_NUMBERS: Final[Mapping[Pressed, Callable[[KeyTarget], None]]] = {
    ("escape", str(number % 10)): _go(number) for number in range(1, 11)
}
_STEPS: Final[Mapping[Pressed, int]] = {
    ("escape", "left"): -1,
    ("escape", "up"): -1,
    ("escape", "right"): 1,
    ("escape", "down"): 1,
}


def _step(by: int) -> Callable[[KeyTarget], None]:
    return lambda screen: screen.step(by)


def _page(direction: int) -> Callable[[KeyTarget], None]:
    return lambda screen: screen.messages.page(direction)


def _page_people(direction: int) -> Callable[[KeyTarget], None]:
    return lambda screen: screen.people.page(direction)


KEYS: Final = (
    Key("Up, Down", "bring back what you typed"),
    Key("Alt-Enter", "begin another line of the same message"),
    Key("Ctrl-R", "search what you typed"),
    Key("Tab", "complete a command, a name or a room", {("tab",): lambda screen: screen.complete()}),
    Key(
        "PageUp, PageDown, the wheel",
        "scroll",
        {
            ("pageup",): _page(1),
            ("pagedown",): _page(-1),
            ("s-pageup",): _page(1),
            ("s-pagedown",): _page(-1),
        },
    ),
    Key(
        "Alt-End, Ctrl-End, or Enter on an empty line",
        "go to the newest message",
        {("c-end",): lambda screen: screen.to_end(), ("escape", "end"): lambda screen: screen.to_end()},
    ),
    Key("Alt-1 … Alt-9, Alt-0", "go to window 1 … 9, 10", _NUMBERS),
    Key(
        "Alt-Left, Alt-Right; Alt-Up, Alt-Down",
        "go to the window before, the next one",
        {keys: _step(by) for keys, by in _STEPS.items()},
    ),
    Key(
        "Alt-A",
        "go to the next window with something new, at last back",
        {("escape", "a"): lambda screen: screen.go_to_news()},
    ),
    Key("F1, or ? on an empty line", "show the keys", {("f1",): lambda screen: screen.show_keys()}),
    Key("F7", "show who is here, or hide it", {("f7",): lambda screen: screen.people.toggle()}),
    Key(  # those of WeeChat: some terminals keep F11 for themselves
        "F11, F12 or Ctrl-F1, Ctrl-F2",
        "scroll who is here",
        {
            ("f11",): _page_people(1),
            ("f12",): _page_people(-1),
            ("c-f1",): _page_people(1),
            ("c-f2",): _page_people(-1),
        },
    ),
    Key("Ctrl-C", "stop a paste that is being sent; else put the line aside; on an empty line, leave"),
    Key("Ctrl-D on an empty line", "leave, like `/quit`"),
    Key("Ctrl-Z", "suspend", {("c-z",): lambda screen: screen.suspend()}),
)

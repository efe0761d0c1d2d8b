"""The key bindings that are added to prompt_toolkit's own, which are those of readline (words, kill and yank,
history and its search). Those that always do the same are in `key_table`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from prompt_toolkit.application import get_app
from prompt_toolkit.filters import Condition, is_searching
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.bindings.named_commands import get_by_name
from prompt_toolkit.keys import Keys

from chatd_client.screen.key_table import KEYS, KeyTarget

#: The keys that do something with Alt.
_WITH_ALT: Final = {keys[1] for key in KEYS for keys in key.bound if keys[0] == "escape"} | {"enter"}
#: What comes as a key and is none, and Escape, which may be the beginning of one with Alt.
_NO_KEYS: Final = frozenset(
    (
        *(Keys.Any, Keys.Escape, Keys.BracketedPaste, Keys.CPRResponse, Keys.SIGINT, Keys.Ignore),
        *(Keys.Vt100MouseEvent, Keys.WindowsMouseEvent, Keys.ScrollUp, Keys.ScrollDown),
    )
)


def _without_event(act: Callable[[], None]) -> Callable[[KeyPressEvent], None]:
    return lambda event: act()


@Condition
def alt() -> bool:
    """Escape is pressed with a letter, or a key that does something with Alt: both came in one read."""
    queued = get_app().key_processor.input_queue
    if not queued:
        return False
    key = queued[0].key
    return not isinstance(key, Keys) or _name(key) in _WITH_ALT


@Condition
def alt_alone() -> bool:
    """The same, with one that does nothing."""
    queued = get_app().key_processor.input_queue
    return alt() and _name(queued[0].key) not in _WITH_ALT


def _name(key: Any) -> str:
    name = str(key.value if isinstance(key, Keys) else key)
    return "enter" if name == "c-m" else name


def bindings(screen: KeyTarget) -> KeyBindings:
    """While the question about a paste is open, y and o answer yes, and n, Escape, Ctrl-C and Ctrl-D no.

    Other characters are dropped. Keys with a function of their own keep it, and so do the mouse and a paste:
    they are no answer, and leave the question open.
    """
    table = KeyBindings()
    asking = Condition(lambda: screen.asking and not screen.covered)
    sending = Condition(lambda: screen.sending)
    empty = Condition(lambda: not screen.input.text)
    for key in KEYS:
        for keys, action in key.bound.items():
            table.add(*keys, filter=~is_searching)(_without_event(partial(action, screen)))
    table.add("?", filter=empty & ~asking & ~is_searching)(_without_event(screen.show_keys))
    for when, act in (
        (sending, screen.cancel_paste),
        (~sending & ~empty, screen.clear_input),
        (~sending & empty, screen.leave_or_exit),
    ):
        # during a search Ctrl-C only ends the search
        table.add("c-c", filter=~is_searching & when)(_without_event(act))
    table.add("c-d", filter=empty, eager=True)(_without_event(screen.leave_or_exit))

    @table.add(Keys.BracketedPaste)
    def _(event: KeyPressEvent) -> None:
        screen.paste(event.data)

    for key_of_no in ("n", "N", "c-c", "c-d"):
        table.add(key_of_no, filter=asking, eager=True)(_without_event(partial(screen.answer_paste, False)))
    table.add("escape", filter=asking & ~alt, eager=True)(_without_event(partial(screen.answer_paste, False)))
    for key_of_yes in ("y", "Y"):
        table.add(key_of_yes, filter=asking, eager=True)(_without_event(partial(screen.answer_paste, True)))
    for key_of_block in ("o", "O"):
        table.add(key_of_block, filter=asking, eager=True)(_without_event(screen.answer_block))
    table.add("enter", filter=asking, eager=True)(_without_event(lambda: None))
    break_line = _without_event(lambda: screen.input.insert_text("\n"))
    table.add("escape", "enter", filter=~asking & ~is_searching)(break_line)
    _do_nothing_unknown(table, (is_searching & alt) | (asking & alt_alone))
    table.add("<any>", filter=asking)(_without_event(lambda: None))  # not eager: more specific bindings win
    _while_covered(table, screen)
    return table


def _do_nothing_unknown(table: KeyBindings, dropped: Any) -> None:
    """A key without a function does nothing: prompt_toolkit would insert it, or what Alt was pressed with.

    Alt with a letter is Escape and the letter, in one read. Where Escape does something at once, Alt with a
    letter must not: it is `dropped`.
    """

    @table.add("<any>")
    def _(event: KeyPressEvent) -> None:
        if event.data.isprintable():
            get_by_name("self-insert").handler(event)

    @table.add("escape", filter=dropped, eager=True)
    def _(event: KeyPressEvent) -> None:
        event.key_processor.input_queue.popleft()

    @table.add("escape", "<any>")
    def _(event: KeyPressEvent) -> None:
        other = event.key_sequence[-1]
        if isinstance(other.key, Keys):  # no letter: Escape was pressed, and then this key
            event.key_processor.feed(other, first=True)


def _while_covered(table: KeyBindings, screen: KeyTarget) -> None:
    """While something covers the messages every key is for that."""
    covered = Condition(lambda: screen.covered)

    def press(event: KeyPressEvent) -> None:
        screen.press_covered(_name(event.key_sequence[-1].key))

    for key in Keys:
        if key not in _NO_KEYS:
            table.add(key, filter=covered, eager=True)(press)
    table.add("<any>", filter=covered)(press)
    table.add("?", filter=covered)(press)
    table.add("escape", filter=covered & ~alt, eager=True)(press)

    @table.add("escape", filter=covered & alt, eager=True)
    def _(event: KeyPressEvent) -> None:
        event.key_processor.input_queue.popleft()
        press(event)

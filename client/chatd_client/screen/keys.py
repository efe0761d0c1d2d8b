"""The key bindings that are added to prompt_toolkit's own, which are those of readline (words, kill and yank,
history and its search).
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from prompt_toolkit.application import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition, Filter, is_searching
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.bindings.named_commands import get_by_name
from prompt_toolkit.keys import Keys


class Pager(Protocol):
    """The message area."""

    def page(self, direction: int) -> None: ...


class KeyTarget(Protocol):
    """What the key bindings use of the screen."""

    input: Buffer

    @property
    def messages(self) -> Pager: ...

    def leave_or_exit(self) -> None: ...

    def clear_input(self) -> None: ...

    def to_end(self) -> None: ...

    def suspend(self) -> None: ...

    def complete(self) -> None: ...

    def paste(self, data: str) -> None: ...

    @property
    def asking(self) -> bool: ...

    def answer_paste(self, yes: bool) -> None: ...

    def answer_block(self) -> None: ...

    def break_line(self) -> None: ...

    @property
    def sending(self) -> bool: ...

    def cancel_paste(self) -> None: ...


def _without_event(act: Callable[[], None]) -> Callable[[KeyPressEvent], None]:
    return lambda event: act()


def bindings(screen: KeyTarget) -> KeyBindings:
    """While the question about a paste is open, y and o answer yes, and n, Escape, Ctrl-C and Ctrl-D no.

    Other characters are dropped. Keys with a function of their own keep it, and so do the mouse and a paste:
    they are no answer, and leave the question open.
    """
    table = KeyBindings()
    asking = Condition(lambda: screen.asking)
    sending = Condition(lambda: screen.sending)
    empty = Condition(lambda: not screen.input.text)
    simple = {
        "pageup": lambda: screen.messages.page(1),
        "pagedown": lambda: screen.messages.page(-1),
        "s-pageup": lambda: screen.messages.page(1),
        "s-pagedown": lambda: screen.messages.page(-1),
        "c-end": screen.to_end,
        "tab": screen.complete,
        "c-z": screen.suspend,
    }
    for key, act in simple.items():
        table.add(key)(_without_event(act))
    table.add("escape", "end")(_without_event(screen.to_end))
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

    for answers, yes in (("y", "Y"), True), (("n", "N", "escape", "c-c", "c-d"), False):
        for key in answers:
            table.add(key, filter=asking, eager=True)(_without_event(partial(screen.answer_paste, yes)))
    for key in ("o", "O"):
        table.add(key, filter=asking, eager=True)(_without_event(screen.answer_block))
    table.add("enter", filter=asking, eager=True)(_without_event(lambda: None))
    table.add("escape", "enter", filter=~asking & ~is_searching)(_without_event(screen.break_line))
    _do_nothing_unknown(table, is_searching | asking)
    table.add("<any>", filter=asking)(_without_event(lambda: None))  # not eager: more specific bindings win
    return table


def _do_nothing_unknown(table: KeyBindings, escapable: Filter) -> None:
    """A key without a function does nothing: prompt_toolkit would insert it, or what Alt was pressed with.

    Alt with a letter is Escape and the letter, in one read. Where `escapable`, Escape does something at once:
    there Alt with a letter must not.
    """

    @table.add("<any>")
    def _(event: KeyPressEvent) -> None:
        if event.data.isprintable():
            get_by_name("self-insert").handler(event)

    @Condition
    def alt() -> bool:
        queued = get_app().key_processor.input_queue
        return bool(queued) and not isinstance(queued[0].key, Keys)

    @table.add("escape", filter=escapable & alt, eager=True)
    def _(event: KeyPressEvent) -> None:
        event.key_processor.input_queue.popleft()

    @table.add("escape", "<any>")
    def _(event: KeyPressEvent) -> None:
        other = event.key_sequence[-1]
        if isinstance(other.key, Keys):  # no letter: Escape was pressed, and then this key
            event.key_processor.feed(other, first=True)

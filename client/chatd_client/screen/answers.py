"""In which window a request was typed: its answer is shown there, whichever window is shown when it comes."""

import itertools
from typing import Final, TypeVar

from msgspec.structs import replace

from chatd.protocol.events import Event
from chatd.protocol.requests import Referred
from chatd_client.screen.chat_window import ChatWindow
from chatd_client.screen.subject import Subject
from chatd_client.screen.windows import Windows

_Asked = TypeVar("_Asked", bound=Referred)

#: Requests whose answers are waited for, the latest: as many as the link queues.
MOST_WAITED_FOR: Final = 100


class Answers:
    """Those that are waited for, by the `ref` of what was asked."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._refs = itertools.count(1)
        self._typed_in: dict[str, Subject] = {}  # the latest last

    def to(self, request: _Asked) -> _Asked:
        """The request, which was typed in the window that is shown, with a `ref` where it has none."""
        asked = request if request.ref else replace(request, ref=f"typed {next(self._refs)}")
        self.expect(str(asked.ref))
        return asked

    def expect(self, ref: str) -> None:
        """What was typed in the window that is shown is answered under this ref."""
        self._typed_in.pop(ref, None)
        self._typed_in[ref] = self._windows.current.subject
        if len(self._typed_in) > MOST_WAITED_FOR:
            del self._typed_in[next(iter(self._typed_in))]

    def window_of(self, event: Event) -> ChatWindow | None:
        """The window in which that was typed which the event answers, if it is still open; else the one that
        is shown. None where the event answers nothing that is waited for.
        """
        typed_in = self._typed_in.pop(getattr(event, "ref", None) or "", None)
        return None if typed_in is None else self._windows.get(typed_in) or self._windows.current

"""Messages from here: shown where they belong, sent, and marked with what became of them.

A message is a line in the window of its room or person. Where it was typed in another window it is shown
there, too, and says where it goes: what one has just typed is never out of sight.
"""

from msgspec.structs import replace

from chatd.protocol.events import Error
from chatd.protocol.requests import Direct
from chatd_client.outgoing import DeliveryState, Message
from chatd_client.screen.arrivals import is_name
from chatd_client.screen.chat_window import ChatWindow
from chatd_client.screen.deliveries import Deliveries
from chatd_client.screen.line_kinds import OwnLine
from chatd_client.screen.lines import Composer
from chatd_client.screen.link_control import LinkControl
from chatd_client.screen.subject import Subject
from chatd_client.screen.windows import Windows
from chatd_client.updates import Cancelled, DeliveryChanged


class OwnMessages:
    """Those that were typed in any window."""

    def __init__(self, windows: Windows, composer: Composer, link: LinkControl) -> None:
        self._windows, self._composer, self._link = windows, composer, link
        self._deliveries = Deliveries()
        self._typed_in: dict[str, ChatWindow] = {}  # by ref, until it is settled
        self._homes: dict[str, ChatWindow] = {}  # likewise: the window in which it belongs
        self._refused: tuple[str, ChatWindow] | None = None  # whose error comes next
        self._pasted_in = windows.lobby

    def __len__(self) -> int:
        """How many messages have no answer yet."""
        return len(self._deliveries)

    def post(self, message: Message, pasted: bool = False) -> None:
        """Show and send a message that names its room or person."""
        ref = self._deliveries.next_ref()
        here, home = self._windows.current, self._home(message)
        lines: list[OwnLine] = []
        if home is not None:
            lines += self._composer.own_message(message)
            home.add(*lines)
            self._homes[ref] = home
        if home is not here:
            strays = self._composer.own_message(message, stray=True)
            here.add(*strays)
            lines += strays
        self._deliveries.add(ref, lines, pasted)
        self._typed_in[ref] = here
        if pasted:
            self._pasted_in = here
        self._link.post(replace(message, ref=ref))

    def _home(self, message: Message) -> ChatWindow | None:
        """The window in which it belongs; None where there is none and too many are open."""
        if not isinstance(message, Direct):
            return self._windows.of_room(message.room)
        if not is_name(message.to):
            return None
        return self._windows.open_for(Subject(whom=message.to))

    # -- what becomes of them ---------------------------------------------------------------------------

    def changed(self, update: DeliveryChanged) -> None:
        """A message has come further."""
        lines = self._deliveries.changed(update.ref, update.state)
        if update.id and (home := self._homes.get(update.ref)):
            home.forget(update.id)  # a page may have brought it, before its answer
        for line in lines if update.id else ():
            line.shows = update.id
            line.id = update.id if line.in_its_place else 0
        self._composer.deletions.shown_again(update.id)
        if update.state is not DeliveryState.WAITING:
            self._homes.pop(update.ref, None)
            window = self._typed_in.pop(update.ref, None)
            if update.state is DeliveryState.REFUSED and window is not None:
                self._refused = update.ref, window

    def window_of(self, error: Error) -> ChatWindow | None:
        """The window in which the message was typed that this error refuses, if it is still there."""
        refused, self._refused = self._refused, None
        if refused is None or refused[0] != error.ref:
            return None
        return refused[1] if self._windows.get(refused[1].subject) is refused[1] else None

    def cancelled(self, update: Cancelled) -> None:
        """What was to be stopped has stopped."""
        self._pasted_in.notice(self._deliveries.cancelled(update.refs))

    # -- a paste ----------------------------------------------------------------------------------------

    @property
    def progress(self) -> str:
        """How far the paste has come; empty without one."""
        return self._deliveries.progress

    def stop_paste(self) -> None:
        """Do not send what is not sent yet of what was pasted."""
        self._link.cancel(self._deliveries.stop_paste())

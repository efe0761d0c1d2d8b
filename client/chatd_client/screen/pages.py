"""Pages of history, asked for when a window is shown, and when one scrolls to what is not there.

The rules:

1. A window's newest page is asked for when the window is shown for the first time: thirty rooms that are
   joined at the start cost one page.
2. Nothing waits for a page. It is put where its messages belong when it comes.
3. Each message is shown once, whether it came by itself or in a page: its id tells.
4. For each window at most one page is on its way. When the link breaks it is asked for again on the next
   link, if the window is still shown, else when it is shown again. A page that nobody asked for is dropped.
5. Where something is missing there is a line that says so, a *gap*. When one scrolls to it, it is filled:
   from below, or from above if one comes from there. It goes when nothing is missing any more.
6. Who wants to go to a message that is not there gets the page around it, with a gap behind it (`filling`).
"""

from collections.abc import Callable
from typing import Final

from chatd.protocol.errors import Code
from chatd.protocol.events import Error, Event, RoomInfo, Welcome
from chatd.protocol.history_page import HistoryPage, Told
from chatd.protocol.requests import LOBBY, History, Request
from chatd_client.incoming import NOT_UNDERSTOOD
from chatd_client.my_rooms import MyRooms
from chatd_client.screen import filling
from chatd_client.screen.chat_window import ChatWindow
from chatd_client.screen.filling import PageSpan
from chatd_client.screen.kept_lines import ScrollbackLine
from chatd_client.screen.line_kinds import BareLine
from chatd_client.screen.lines import Composer
from chatd_client.screen.subject import Subject
from chatd_client.screen.windows import Windows

#: Messages of a page that is asked for by scrolling: a few screens.
OLDER_MESSAGES: Final = 100
#: Messages of the first page, at least and at most: a screen has about as many.
FIRST_MESSAGES: Final = (10, 100)

_FULL: Final = "* no more older messages are loaded: the window is full; /search finds them"

#: Why the first page did not come, where that is told before one scrolls up.
_TOLD_AT_ONCE: Final = (Code.NO_SUCH_NICK, Code.BAD_LINE)

_FIRST: Final = "history new "
_OLDER: Final = "history old "
_FROM_BELOW: Final = "history up "
_FROM_ABOVE: Final = "history down "
_AROUND: Final = "history at "


class HistoryPages:
    """`ask` sends a request; `size` gives (columns, rows) of the message area; `ignored` tells whose messages
    are not shown.
    """

    def __init__(
        self,
        windows: Windows,
        composer: Composer,
        rooms: MyRooms,
        ask: Callable[[Request], None],
        size: Callable[[], tuple[int, int]],
        ignored: Callable[[Told], bool],
    ) -> None:
        self._windows, self._composer, self._rooms = windows, composer, rooms
        self._ask, self._size, self._ignored = ask, size, ignored
        self._online = False
        self._been: set[str] = set()  # rooms to which the user has come on this link

    # -- the link ---------------------------------------------------------------------------------------

    def offline(self) -> None:
        """The link broke: no answer comes."""
        self._online = False
        for window in self._windows.all:
            state = window.pages
            state.lost, state.under_way = state.under_way or state.lost, None

    def before(self, event: Event) -> bool:
        """Take note of what the server says, before it is shown; True for a page, or its error, whose `ref`
        is one of those given here.
        """
        ref = getattr(event, "ref", None) or ""
        match event:
            case Welcome(resumed=resumed):
                self._online = True
                if not resumed:
                    self._been = {LOBBY}
                    for window in self._windows.all:
                        window.pages.loaded = False
            case RoomInfo(room=room) if room in self._rooms:
                self._been.add(room)
            case HistoryPage() | Error() if ref.startswith("history "):
                self._came(event, ref)
                return True
            case Error() if event is NOT_UNDERSTOOD:  # it may have been the page that anyone waits for
                for window in self._windows.all:
                    if window.pages.under_way is not None:
                        self._failed(window, event, window.pages.under_way)
        return False

    # -- what is asked for ------------------------------------------------------------------------------

    def shown(self) -> None:
        """A window is shown, or can be asked for now."""
        window = self._windows.current
        state = window.pages
        if not self._can_ask(window):
            return
        if state.wanted and state.loaded and state.lost is None:
            self._go_to_wanted(window)
        elif state.lost is not None:
            request, state.lost = state.lost, None
            self._send(window, request)
        elif not state.loaded:
            least, most = FIRST_MESSAGES
            limit = min(max(self._size()[1], least), most)
            if gaps := window.scrollback.gaps():
                self._fill_from_below(window, *gaps[-1], limit)
            else:
                self._send(window, _request(window.subject, _FIRST, limit))

    def go_to(self, window: ChatWindow, id: int) -> None:
        """Show this message of a window that is shown, as soon as it is there."""
        window.pages.wanted = id
        self._go_to_wanted(window)

    def _go_to_wanted(self, window: ChatWindow) -> None:
        """The newest page comes first: what is around the message stands above it."""
        state = window.pages
        if window.scrollback.show(state.wanted, *self._size()):
            state.wanted = 0
        elif state.loaded and self._can_ask(window):
            limit = min(max(2 * self._size()[1], FIRST_MESSAGES[0]), OLDER_MESSAGES)
            self._send(window, _request(window.subject, _AROUND, limit, around=state.wanted))

    def scrolled(self, up: bool) -> None:
        """The user looks at other lines of the window that is shown."""
        window = self._windows.current
        if self._can_ask(window) and not self._fill_gap(window) and up:
            self._ask_for_older(window)

    def _fill_gap(self, window: ChatWindow) -> bool:
        """Ask for what is missing near what is in view."""
        near = window.scrollback.gap_near(self._size()[1])
        if near is None:
            return False
        gap, behind, from_above = near
        if not from_above:
            self._fill_from_below(window, gap, behind, OLDER_MESSAGES)
        else:
            window.pages.gap_after = gap.after
            subject = window.subject
            self._send(window, _request(subject, _FROM_ABOVE, OLDER_MESSAGES, after=gap.after))
        return True

    def _fill_from_below(self, window: ChatWindow, gap: ScrollbackLine, behind: int, limit: int) -> None:
        window.pages.gap_after = gap.after
        self._send(window, _request(window.subject, _FROM_BELOW, limit, before=behind or None))

    def _ask_for_older(self, window: ChatWindow) -> None:
        back, state = window.scrollback, window.pages
        if not back.near_top(*self._size()):
            return
        first = back.first_id()
        if state.begins is not None and state.begins == first:
            self._tell_begin(window)
        elif not back.takes_more:
            self._tell_full(window)
        else:
            request = _request(window.subject, _OLDER, OLDER_MESSAGES, before=first or None)
            self._send(window, request)

    @staticmethod
    def _tell_full(window: ChatWindow) -> None:
        """Above all lines, once as long as it is there."""
        if window.scrollback.first is not window.pages.full:
            window.pages.full = BareLine(_FULL)
            window.scrollback.put_first(window.pages.full)

    def _can_ask(self, window: ChatWindow) -> bool:
        """Whether an answer can come, and none is on its way."""
        room, free = window.subject.room, self._online and window.pages.under_way is None
        return free and (not room or (room in self._been and room in self._rooms))

    def _send(self, window: ChatWindow, request: History) -> None:
        window.pages.under_way = request
        self._ask(request)

    # -- what comes -------------------------------------------------------------------------------------

    def _came(self, event: HistoryPage | Error, ref: str) -> None:
        waiting = ((window, window.pages.under_way) for window in self._windows.all)
        found = [(window, asked) for window, asked in waiting if asked is not None and asked.ref == ref]
        if not found:
            return
        ((window, asked),) = found
        if isinstance(event, HistoryPage):
            window.pages.under_way = None
            self._put(window, event, asked)
        else:
            self._failed(window, event, asked)

    def _failed(self, window: ChatWindow, error: Error, asked: History) -> None:
        """What is not there comes when one scrolls up."""
        ref, state = str(asked.ref), window.pages
        state.under_way, state.loaded = None, True
        if ref.startswith(_AROUND):
            state.wanted = 0
        told = error is NOT_UNDERSTOOD and window is self._windows.current  # as every error is
        if not told and (not ref.startswith(_FIRST) or error.code in _TOLD_AT_ONCE):
            window.error(error.text)

    def _put(self, window: ChatWindow, page: HistoryPage, asked: History) -> None:
        ref = str(asked.ref)
        messages = sorted(
            (one for one in page.messages if window.subject.holds(one)),
            key=lambda one: one.id,
        )
        back, state = window.scrollback, window.pages
        if ref.startswith((_FIRST, _OLDER, _AROUND)) and not page.more:
            state.begins = messages[0].id if messages else back.first_id()
            state.floor = page.floor is not None
        state.loaded = True
        closed, gap = self._change_gaps(window, page, [one.id for one in messages], asked)
        shown = back.ids()
        lines = [
            line
            for one in messages
            if one.id not in shown and not self._ignored(one)
            for line in self._composer.past(one)
        ]
        if messages and not lines and shown.isdisjoint(one.id for one in messages):
            lines = [self._composer.left_out(len(messages), messages[0])]  # else one could not get past them
        if lines:
            back.merge(lines)
        for line in closed:
            back.remove(line)
        window.place_read_line()
        if gap is not None and lines:
            back.put_behind(lines[-1], gap)
        if ref.startswith(_OLDER):
            self._tell_begin(window)
        if state.wanted and ref.startswith(_AROUND):
            found = back.show(state.wanted, *self._size())
            state.wanted = 0
            if not found:
                window.error("that message is not kept any more")
            elif self._can_ask(window):
                self._fill_gap(window)

    def _change_gaps(
        self, window: ChatWindow, page: HistoryPage, ids: list[int], asked: History
    ) -> tuple[list[ScrollbackLine], ScrollbackLine | None]:
        """The gaps that the page closes, and one that is to be put behind it."""
        back, after = window.scrollback, window.pages.gap_after
        low, high = (ids[0], ids[-1]) if ids else (back.last_id() + 1, 0)
        if asked.after is not None:
            low, high = asked.after, max(high, asked.after)
        elif not page.more:
            low = 0
        if asked.before is not None:
            high = asked.before - 1
        gap = next((gap for gap, _ in back.gaps() if gap.after == after), None)
        closed = filling.change_gaps(back, PageSpan(low, high))
        up, down = (str(asked.ref).startswith(kind) for kind in (_FROM_BELOW, _FROM_ABOVE))
        # nothing was behind the gap when the newest messages were asked for, or the last ones have come
        if gap is not None and gap not in closed and ((up and low <= after) or (down and not page.more)):
            closed.append(gap)
        around = asked.around is not None and bool(ids)
        return closed, filling.gap_behind(back, high) if around else None

    def _tell_begin(self, window: ChatWindow) -> None:
        """Once, above all lines, when all of them are shown."""
        state = window.pages
        if state.begins is not None and state.begins == window.scrollback.first_id() and not state.begin_told:
            state.begin_told = True
            begin = f"this is where {_what_begins(window)} begins"
            text = "what was said before is not kept any more" if state.floor else begin
            window.scrollback.put_first(BareLine(f"* {text}"))


def _request(
    subject: Subject,
    kind: str,
    limit: int,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
) -> History:
    room, whom = subject.room or None, subject.whom or None
    ref = f"{kind}{subject.key}"
    return History(room=room, whom=whom, before=before, after=after, around=around, limit=limit, ref=ref)


def _what_begins(window: ChatWindow) -> str:
    if window.subject.whom:
        return f"what you and {window.subject.title} wrote"
    return "the lobby" if window.subject.room == LOBBY else window.subject.title

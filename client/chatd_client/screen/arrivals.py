"""What comes from the server, shown in the window where it belongs.

A message is shown in the window of its room or person, which is opened for a room that the user is in and for
a person who writes. Of a room that the user is not in, or when there are too many windows, it is shown in the
lobby, and says where it was said. Coming and going is told in the lobby, and in the window of who comes and
goes. What answers a command is shown where that was typed (`answers`), all else in the window that is shown.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from chatd.protocol.errors import ChatError
from chatd.protocol.events import (
    Back,
    DirectMessage,
    Event,
    Joined,
    Left,
    Lost,
    RoomInfo,
    Said,
    Skipped,
    TopicSet,
    UserList,
    Welcome,
)
from chatd.protocol.history_page import HistoryPage, Told
from chatd.protocol.moderation_events import Acted, AuditPage, BanList
from chatd.protocol.names import check_name, fold
from chatd.protocol.people_events import Caught, Gone, Renamed
from chatd.protocol.requests import LOBBY
from chatd_client.my_rooms import MyRooms, answered_by
from chatd_client.screen.answers import Answers
from chatd_client.screen.cells import shown
from chatd_client.screen.chat_window import ChatWindow
from chatd_client.screen.deletions import DELETED
from chatd_client.screen.line_kinds import DIRECT, ERROR, MENTION
from chatd_client.screen.lines import Composer, of_no_place, rings
from chatd_client.screen.nick_lists import NickLists
from chatd_client.screen.ruling_lists import audit_lines, ban_lines
from chatd_client.screen.subject import Subject
from chatd_client.screen.windows import Windows
from chatd_client.settings import Bell

_Presence = Joined | Left | Lost | Back

_SOME_SKIPPED: Final = "what was written here meanwhile may be missing"


class Arrivals:
    """`bell` says what rings."""

    def __init__(
        self,
        windows: Windows,
        composer: Composer,
        rooms: MyRooms,
        nick_lists: NickLists,
        answers: Answers,
        bell: Bell,
    ) -> None:
        self._windows, self._composer, self._rooms = windows, composer, rooms
        self._nick_lists, self._answers, self._bell = nick_lists, answers, bell
        self._ignored: set[str] = set()
        self._rang = False
        #: Told each message that is meant for the user.
        self.on_mention: Callable[[Said | DirectMessage], None] = lambda event: None
        #: Told the old and the new name of the user.
        self.on_own_name: Callable[[str, str], None] = lambda old, new: None

    def take_rang(self) -> bool:
        """Whether a line rang since the last call."""
        rang, self._rang = self._rang, False
        return rang

    def show(self, event: Event) -> None:
        """Show what the server says."""
        _SHOW.get(type(event), Arrivals._answer)(self, event)

    def both(self) -> list[ChatWindow]:
        """The window that is shown, and the lobby's: there is told what concerns all."""
        return list(dict.fromkeys((self._windows.lobby, self._windows.current)))

    # -- whom one does not want to hear -----------------------------------------------------------------

    def ignored(self, message: Told) -> bool:
        """Whether nothing of its sender is shown."""
        if not self._ignored or isinstance(message, Acted):  # whoever acts: it changes what one may do
            return False
        return fold(shown(message.sender)) in self._ignored

    def ignore(self, name: str) -> None:
        """Show nothing more of what somebody says."""
        self._ignored.add(fold(name))

    def unignore(self, name: str) -> bool:
        """Show it again; False where it is shown."""
        was = fold(name) in self._ignored
        self._ignored.discard(fold(name))
        return was

    # -- messages ---------------------------------------------------------------------------------------

    def _said(self, event: Said) -> None:
        window = self._windows.of_room(event.room)
        if window is None and event.room in self._rooms:
            window = self._windows.open(Subject(room=event.room))
        self._message(event, window)
        if not self.ignored(event):
            self._nick_lists.spoke(shown(event.sender), event.room)

    def _direct(self, event: DirectMessage) -> None:
        if self.ignored(event):
            return
        other = event.to if self._composer.wrote(event) else event.sender
        window = self._windows.open_for(Subject(whom=other)) if is_name(other) else None
        if window is not None:
            window.subject = Subject(whom=other)  # as it is written now
            if other == event.sender:
                window.told_away = None
        self._message(event, window)
        self._nick_lists.spoke(shown(event.sender), LOBBY)

    def _message(self, event: Said | DirectMessage, window: ChatWindow | None) -> None:
        if self.ignored(event) or (window is not None and window.has(event.id)):
            return None
        if self._composer.wrote(event):
            return (window or self._windows.lobby).add(*self._composer.past(event, stray=window is None))
        if isinstance(event, Said) and event.kind == DELETED:  # while one was away
            return (window or self._windows.lobby).add(*self._composer.past(event, stray=window is None))
        kind = self._composer.kind(event)
        self._rang = self._rang or rings(self._bell, kind)
        if kind in (DIRECT, MENTION):
            self.on_mention(event)
        lines = self._composer.message(event, kind, stray=window is None)
        if window is None:
            window = self._windows.lobby
            lines = [of_no_place(line) for line in lines]
        window.message(lines, kind)
        return self._windows.has_news(window)

    def rang_for(self, event: Said) -> None:
        """Something that is no message means the user."""
        self._rang = self._rang or rings(self._bell, MENTION)
        self.on_mention(event)

    # -- everything else --------------------------------------------------------------------------------

    def _answer(self, event: Event) -> None:
        (self._answers.window_of(event) or self._windows.current).event(event)

    def _list(self, event: BanList | AuditPage) -> None:
        composer = self._composer
        lines = ban_lines(composer, event) if isinstance(event, BanList) else audit_lines(composer, event)
        (self._answers.window_of(event) or self._windows.current).add(*lines)

    def _presence(self, event: _Presence) -> None:
        room = getattr(event, "room", None) or LOBBY
        (self._windows.of_room(room) or self._windows.lobby).event(event)
        if room == LOBBY:
            for name in event.names:
                self._here_again(name)
                if window := self._windows.of_person(name):
                    window.event(replace(event, names=[name], count=1))

    def _renamed(self, event: Renamed) -> None:
        """One's own new name concerns all; that of somebody else is told as who comes and goes is."""
        if fold(event.old) in self._ignored:
            self._ignored.add(fold(event.new))
        person = self._windows.renamed(event.old, event.new) if is_name(event.new) else None
        if fold(shown(event.old)) == fold(self._composer.name):
            self._composer.name = shown(event.new)
            self.on_own_name(event.old, event.new)
            told = self.both()
        else:
            told = [self._windows.lobby]
        for window in dict.fromkeys((*told, *([person] if person else ()))):
            window.event(event)

    def _gone(self, event: Gone) -> None:
        """Whom one has written to, and is told so; that somebody is away stands beside the name only."""
        window = self._windows.of_person(event.nick)
        if event.kept is None or window is None or window.told_away == (event.kept, event.text):
            return
        window.told_away = (event.kept, event.text)
        window.event(event)

    def _here_again(self, name: str) -> None:
        if window := self._windows.of_person(name):
            window.told_away = None

    def _caught(self, event: Caught) -> None:
        """What was new everywhere, with where it was said."""
        window = self._answers.window_of(event) or self._windows.current
        new = event.first or event.rest
        window.notice("what was new, what is for you first:" if new else "you have read everything")
        for message in (*event.first, *event.rest):
            if not self.ignored(message):
                window.add(*map(of_no_place, self._composer.past(message, stray=True)))
        if event.more:
            window.notice("there was more; it stands in the windows")

    def _topic(self, event: TopicSet) -> None:
        window = self._windows.of_room(event.room)
        if window is None or not window.has(event.id):
            (window or self._windows.lobby).event(event)

    def _room(self, event: RoomInfo) -> None:
        """The answer to a join is shown in its room."""
        typed_in = self._answers.window_of(event)
        window = self._windows.of_room(event.room) if answered_by(event) else None
        (window or typed_in or self._windows.current).event(event)

    def _skipped(self, event: Skipped) -> None:
        window = self._windows.of_room(event.room) if event.room else None
        (text,) = (line.text for line in self._composer.event(event))
        if window is not None:
            window.gap(text, event.after or 0, ERROR)
        else:
            self._windows.lobby.error(text)
        if not event.room:
            for each in self._windows.all:
                if each.subject.whom:
                    each.gap(_SOME_SKIPPED)

    def _welcome(self, event: Welcome) -> None:
        for window in self.both():
            window.event(event)

    def asked_page(self, page: HistoryPage) -> None:
        """Show a page that the user has asked for, and no other; it may be there a second time."""
        window = self._answers.window_of(page)
        if window is None:
            return
        messages = [message for message in page.messages if not self.ignored(message)]
        count = len(messages)
        where = f"you and {page.whom}" if page.whom else f"#{page.room}"
        window.notice(f"{count} message{'s' * (count != 1)} of {where}{':' * (count > 0)}")
        here = Subject(page.room or "", page.whom or "").key == window.subject.key
        for message in messages:
            stray = not (here and window.subject.holds(message))
            window.add(*map(of_no_place, self._composer.past(message, stray)))


def is_name(name: str) -> bool:
    """Whether somebody can be called that."""
    try:
        return check_name(name) == name
    except ChatError:
        return False


_SHOW: Final[dict[type[Event], Callable[[Arrivals, Any], None]]] = {
    Said: Arrivals._said,
    DirectMessage: Arrivals._direct,
    Joined: Arrivals._presence,
    Left: Arrivals._presence,
    Lost: Arrivals._presence,
    Back: Arrivals._presence,
    TopicSet: Arrivals._topic,
    RoomInfo: Arrivals._room,
    UserList: Arrivals._answer,
    Skipped: Arrivals._skipped,
    Welcome: Arrivals._welcome,
    Renamed: Arrivals._renamed,
    Gone: Arrivals._gone,
    Caught: Arrivals._caught,
    BanList: Arrivals._list,
    AuditPage: Arrivals._list,
}

"""Whatever one does and whatever is missed: a window has each message once and in order, and where one is
missing there is a line that says so, until it has come.
"""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.protocol.events import Said, Skipped
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.requests import History
from chatd_client.updates import LinkChanged, LinkState, Update
from tests.support.controller_fixture import ONLINE, RESUMED_WELCOME, WELCOME, ControllerFixture
from tests.support.examples import EXAMPLES
from tests.support.pages import line

_steps = st.lists(
    st.one_of(
        st.tuples(st.just("said"), st.integers(1, 60)),
        st.tuples(st.just("missed"), st.integers(1, 300)),
        st.tuples(st.just("goes to"), st.integers(0, 99)),
        st.tuples(st.just("scrolls"), st.integers(-60, 60)),
        st.tuples(st.just("answers"), st.just(0)),
        st.tuples(st.just("breaks"), st.booleans()),
        st.tuples(st.just("end"), st.just(0)),
    ),
    max_size=40,
)


class ReadLobby:
    """A screen in the lobby, and what was said there: each message has an id that is a multiple of 3."""

    def __init__(self) -> None:
        self.log: list[Said] = []
        self.screen = ControllerFixture()
        self.answered = 0
        self.screen.pages.offline()
        self.screen.on_updates([ONLINE, WELCOME])

    def say(self, count: int, told: bool) -> None:
        first = len(self.log)
        self.log += [line(3 * (first + at) + 3) for at in range(count)]
        if told:
            self.screen.on_updates([*self.log[first:]])

    def take(self, what: str, number: int) -> None:
        screen = self.screen
        match what:
            case "said":
                self.say(number, True)
            case "missed":
                before = self.log[-1].id if self.log else 0
                self.say(number, False)
                screen.on_updates([Skipped("lobby", number, before, self.log[-1].id + 1)])
            case "goes to" if self.log:
                screen.pages.go_to(screen.windows.current, self.log[number * len(self.log) // 100].id)
            case "scrolls":
                screen.scrollback.scroll(number, 80, 20)
                screen.scrolled(number > 0)
            case "answers":
                self.answer()
            case "breaks":
                self.come_back(bool(number))
            case "end":
                screen.scrollback.to_end()
        self.check()

    def come_back(self, resumed: bool) -> None:
        self.answered = len(self.screen.link.pages)  # what was asked for is lost
        missed = len(self.log)
        self.say(5, False)
        self.screen.on_updates([LinkChanged(LinkState.RECONNECTING, "cut", 1.0)])
        if resumed:
            again: list[Update] = [LinkChanged(LinkState.ONLINE, resumed=True), RESUMED_WELCOME]
            self.screen.on_updates([*again, *self.log[missed:]])
        else:
            self.screen.on_updates([LinkChanged(LinkState.ONLINE, "somebody new"), WELCOME])

    def answer(self) -> bool:
        """Answer what was asked for next; False for nothing."""
        pages = self.screen.link.pages
        if self.answered == len(pages):
            return False
        self.answered += 1
        self.screen.on_updates([self.page(pages[self.answered - 1])])
        return True

    def page(self, asked: History) -> HistoryPage:
        if asked.around is not None:
            middle = sum(one.id <= asked.around for one in self.log)
            begin = max(0, middle - asked.limit // 2)
            chosen, more = self.log[begin : middle + asked.limit // 2], begin > 0
        elif asked.after is not None:
            behind = [one for one in self.log if one.id > asked.after]
            chosen, more = behind[: asked.limit], len(behind) > asked.limit
        else:
            above = [one for one in self.log if asked.before is None or one.id < asked.before]
            chosen, more = above[-asked.limit :], len(above) > asked.limit
        return HistoryPage(room="lobby", messages=chosen, more=more, ref=asked.ref)

    def check(self) -> None:
        """The lines of the window against the log."""
        marks = [(one.id, one.after) for one in self.screen.scrollback._lines if one.id or one.after]
        ids = [id for id, _ in marks if id]
        assert ids == sorted(set(ids))
        for (id, _), (behind, after) in pairwise(marks):
            assert not id or not behind or behind - id == 3 or after, f"nothing tells of {id} to {behind}"

    def read_all(self) -> None:
        """Scroll up through everything, and again, until nothing more is asked for."""
        asked = -1
        while asked != len(self.screen.link.pages):
            while self.answer():
                self.check()
            asked = len(self.screen.link.pages)
            self.screen.scrollback.to_end()
            for _ in range(len(self.log) // 10 + 10):
                while self.answer():
                    self.check()
                self.screen.scrollback.scroll(19, 80, 20)
                self.screen.scrolled(True)


@settings(max_examples=EXAMPLES or 40)
@given(_steps)
def test_a_window_is_never_silently_wrong(steps: list[tuple[str, int]]) -> None:
    lobby = ReadLobby()
    for step in steps:
        lobby.take(*step)
    lobby.read_all()
    ids = [one.id for one in lobby.screen.scrollback._lines if one.id]
    assert ids == [one.id for one in lobby.log]
    assert lobby.screen.scrollback.gaps() == []

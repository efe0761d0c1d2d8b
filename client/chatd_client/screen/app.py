"""The full-screen terminal: messages above, the status line, the input line below.

prompt_toolkit draws and reads keys in this thread; the link runs in another (`link_thread.py`); what is done
with an update or a typed line is decided by the controller (`controller.py`). An update only invalidates the
screen. It is redrawn at most 30 times a second: a burst of ten thousand lines costs thirty redraws, and keys
are handled in between.
"""

import asyncio
import signal
from typing import Final

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.layout import BufferControl, Dimension, HSplit, Layout, UIContent, UIControl, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.layout.processors import BeforeInput
from prompt_toolkit.mouse_events import MouseEvent, MouseEventType
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style
from prompt_toolkit.widgets import SearchToolbar

from chatd_client.console import CUT_OFF, UNDELIVERED, tell
from chatd_client.link import connect
from chatd_client.reconnecting_link import ReconnectingLink
from chatd_client.screen import commands, keys
from chatd_client.screen.colours import STYLE
from chatd_client.screen.completion import Completion, InputLine
from chatd_client.screen.controller import Controller
from chatd_client.screen.history import FileHistory, place
from chatd_client.screen.lines import Composer
from chatd_client.screen.link_thread import Hear, LinkThread
from chatd_client.screen.scrollback import Scrollback
from chatd_client.settings import Settings
from chatd_client.target import Target
from chatd_client.updates import LinkState, Update

#: Seconds between two drawings.
FRAME: Final = 1 / 30
#: Rows that one notch of the wheel moves.
NOTCH: Final = 3
#: Rows of a long input line.
INPUT_ROWS: Final = 3

_WHEEL: Final = {MouseEventType.SCROLL_UP: NOTCH, MouseEventType.SCROLL_DOWN: -NOTCH}


class MessageArea(UIControl):
    """The message area: whatever of the scrollback is to be seen."""

    def __init__(self, scrollback: Scrollback) -> None:
        self._scrollback = scrollback
        self.size = 80, 20  # until it is drawn for the first time

    def create_content(self, width: int, height: int) -> UIContent:
        self.size = width, height
        rows = self._scrollback.view(width, height)
        rows = [[] for _ in range(height - len(rows))] + rows
        return UIContent(get_line=lambda index: list(rows[index]), line_count=height, show_cursor=False)

    def mouse_handler(self, mouse_event: MouseEvent) -> object:
        rows = _WHEEL.get(mouse_event.event_type)
        if rows is None:
            return NotImplemented
        self.scroll(rows)
        return None

    def scroll(self, up: int) -> None:
        """By rows, towards the past."""
        self._scrollback.scroll(up, *self.size)

    def page(self, direction: int) -> None:
        """By a screen, of which one row stays in sight."""
        self.scroll(direction * max(1, self.size[1] - 1))


class Screen:
    """One run: make it inside the asyncio loop, `run` it, ask for the `code`."""

    def __init__(self, target: Target, settings: Settings) -> None:
        self._target = target
        self._link = LinkThread(self._keeper, self._heard, self._failed, asyncio.get_running_loop())
        composer = Composer(target.name, settings.time_format)
        self.desk = Controller(
            self._link, composer, f"{target.host}:{target.port}", self._size, settings.bell
        )
        self.messages = MessageArea(self.desk.scrollback)
        self.pasted: list[str] = []
        self._completion = Completion()
        self._over = asyncio.Event()
        self._tick: asyncio.TimerHandle | None = None
        self._error: BaseException | None = None
        self.input = Buffer(
            history=FileHistory(place()), multiline=False, accept_handler=self._accept, name="input"
        )
        self.app: Application[None] = Application(
            layout=self._layout(),
            key_bindings=keys.bindings(self),
            style=Style.from_dict(STYLE),
            color_depth=None if settings.coloured() else ColorDepth.DEPTH_1_BIT,
            full_screen=True,
            mouse_support=settings.mouse,
            enable_page_navigation_bindings=False,
            min_redraw_interval=FRAME,
        )

    async def run(self) -> int:
        """Until someone leaves; the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.leave)
        try:
            await self.app.run_async()
        except (EOFError, OSError):  # the terminal is gone; the others are still told
            self.leave()
        await self._over.wait()
        self._link.close()
        if self._error is not None:
            raise self._error
        return self._code(self._link.keeper.undelivered)

    def _code(self, undelivered: int) -> int:
        if undelivered:
            lines = "1 line was" if undelivered == 1 else f"{undelivered} lines were"
            tell(f"{lines} not acknowledged")
            return UNDELIVERED
        return CUT_OFF if self.desk.cut_off else 0

    # -- the desk's way to the link: see keeper.py -----------------------------------------------------

    def _keeper(self, hear: Hear) -> ReconnectingLink:
        name, host, port = self._target
        return ReconnectingLink(lambda name, token: connect(host, port, name, token=token), name, hear)

    def _heard(self, happenings: list[Update]) -> None:
        if self.desk.heard(happenings):
            self.app.output.bell()
        if self.desk.phase is LinkState.OFFLINE:
            self._exit()
        self.app.invalidate()
        self._count_down()

    def _count_down(self) -> None:
        """Each second anew. Whatever is heard comes here too: a timer that runs makes room for the next."""
        if self._tick is not None:
            self._tick.cancel()
        if self.desk.phase is LinkState.RECONNECTING:
            self.app.invalidate()
            self._tick = asyncio.get_running_loop().call_later(1.0, self._count_down)

    def _failed(self, error: BaseException) -> None:
        self._error = error
        self._exit()

    def _exit(self) -> None:
        self._over.set()
        if self.app.is_running and not self.app.is_done:
            self.app.exit()

    # -- what keys do ----------------------------------------------------------------------------------

    def leave(self) -> None:
        """Say good-bye; at once when asked a second time."""
        if self.desk.leaving:
            self._exit()
        self.desk.leave()

    def put_aside(self) -> None:
        """Begin a new line; the history has this one."""
        self.input.reset(append_to_history=True)

    def to_end(self) -> None:
        """Look at what is newest."""
        self.desk.scrollback.to_end()

    def suspend(self) -> None:
        """To the shell; `fg` brings it back."""
        self.app.suspend_to_background()

    def complete(self) -> None:
        """The Tab key."""
        line = InputLine(self.input.text, self.input.cursor_position)
        self.input.document = Document(*self._completion.press(line, commands.NAMES, self.desk.names()))

    def paste(self, data: str) -> None:
        """From the clipboard: one line goes into the input; several are asked about, and what follows too."""
        lines = [line for line in data.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
        if self.pasted or len(lines) > 1:
            self.pasted = [*self.pasted, *lines]
        else:
            self.input.insert_text("".join(lines))

    def answer(self, yes: bool) -> None:
        """Whether to send what was pasted."""
        lines, self.pasted = self.pasted, []
        if not yes:
            self.desk.notice("nothing was sent")
        for line in lines if yes else ():
            self.desk.say(line)

    def _accept(self, buffer: Buffer) -> bool:
        self.desk.entered(buffer.text)
        return False

    # -- what is to be seen ----------------------------------------------------------------------------

    def _size(self) -> tuple[int, int]:
        return self.messages.size

    def _layout(self) -> Layout:
        search = SearchToolbar(forward_search_prompt="search: ", backward_search_prompt="search back: ")
        line = BufferControl(
            self.input,
            input_processors=[BeforeInput(self._prompt, style="class:question")],
            search_buffer_control=search.control,
            preview_search=True,
        )
        entry = Window(
            line, height=Dimension(min=1, max=INPUT_ROWS), wrap_lines=True, dont_extend_height=True
        )
        status = Window(FormattedTextControl(self._status), height=1, style="class:status")
        above = Window(self.messages, height=Dimension(min=0, weight=1))
        return Layout(HSplit([above, status, entry, search]), focused_element=entry)

    def _prompt(self) -> str:
        if self.pasted:
            return f"send these {len(self.pasted)} lines, each as a message to everyone? y/n "
        return "name: " if self.desk.phase is LinkState.NAMELESS else "> "

    def _status(self) -> str:
        return self.desk.status(self.app.output.get_size().columns)

"""The full-screen terminal: messages above, the status line, the input line below.

prompt_toolkit draws and reads keys in this thread; the link runs in another (`link_thread.py`); what is done
with an update or a typed line is decided by the controller (`controller.py`). An update only invalidates the
screen, which is redrawn at most 30 times a second: a burst of ten thousand lines costs thirty redraws, and
keys are handled in between.
"""

import asyncio
import signal
from typing import Any, Final

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout import Layout

from chatd_client.console import CUT_OFF, UNDELIVERED, print_error
from chatd_client.login import Login
from chatd_client.password_prompt import prompt
from chatd_client.reconnecting_link import ReconnectingLink
from chatd_client.redial import dial
from chatd_client.remembered_rooms import remembered_rooms
from chatd_client.screen import keys
from chatd_client.screen.application import application
from chatd_client.screen.cells import shown
from chatd_client.screen.chat_window import ChatWindow
from chatd_client.screen.completing import Completing
from chatd_client.screen.controller import Controller
from chatd_client.screen.count_down import CountDown
from chatd_client.screen.history import FileHistory, history_file
from chatd_client.screen.input_line import InputBuffer, input_area
from chatd_client.screen.lines import Composer
from chatd_client.screen.link_thread import LinkThread, OnUpdates
from chatd_client.screen.links import LinkTable
from chatd_client.screen.message_area import MessageArea
from chatd_client.screen.outside import Outside
from chatd_client.screen.password_line import PasswordLine
from chatd_client.screen.pasting import Pasting
from chatd_client.screen.screen_layout import PeopleColumn, screen_layout
from chatd_client.screen.typed_secrets import secret_from
from chatd_client.settings import Settings
from chatd_client.target import Target
from chatd_client.updates import LinkState, Update
from chatd_client.wire import PLAIN_TEXT, Security

#: What ends the program in order, except what it was started to ignore (`nohup`, a background job).
_QUIT_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Screen:
    """The application. Construct it inside the running asyncio loop, then `run` it once.

    `links`: where the terminal is known to open them.
    """

    def __init__(
        self,
        target: Target,
        settings: Settings,
        links: LinkTable | None = None,
        login: Login | None = None,
        security: Security = PLAIN_TEXT,
        warning: str = "",
    ) -> None:
        remembered = remembered_rooms(settings, target)
        self._rooms, why = remembered.load(account=bool(login and login.token))
        self._target, self._login, self._security = target, login, security
        self._link_thread = LinkThread(
            self._make_link, self._on_updates, self._on_error, asyncio.get_running_loop()
        )
        composer = Composer(target.name, settings.time_format)
        server = f"{target.host}:{target.port}"
        self.controller = Controller(
            self._link_thread, composer, server, lambda: self.messages.size, settings.bell, rooms=self._rooms
        )
        windows = self.controller.windows
        self.controller.reads.call_later = asyncio.get_running_loop().call_later
        self.messages = MessageArea(
            lambda: windows.current.scrollback,
            links,
            self.controller.scrolled,
            lambda: self.controller.covering.overlay,
        )
        windows.on_switch, windows.half_typed = self._switched, lambda: self.input.text != ""
        self.people = PeopleColumn(self.controller, lambda: self.app.output.get_size().columns)
        self._ended = asyncio.Event()
        self._error: BaseException | None = None
        self.input = InputBuffer(FileHistory(history_file()), self.controller.submit, self._secret_from)
        self._password_line = PasswordLine(self.input)
        self._completing = Completing(self.controller, self.input)
        self._pasting = Pasting(self.controller, self.input)
        self.app = application(self._layout(), keys.bindings(self), settings)
        self._count_down = CountDown(
            lambda: self.controller.link_state is LinkState.RECONNECTING, self.app.invalidate
        )
        self._outside = Outside(self.controller, settings, remembered, self.app.output)
        self.app.after_render += lambda _: self._outside.drawn()
        for told in filter(None, (warning, why)):
            windows.current.notice(told)

    async def run(self) -> int:
        """Run until the user leaves; returns the exit code. The signals that end it are ignored afterwards:
        the process is about to end."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._on_loop_error)
        heeded = [number for number in _QUIT_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        for number in heeded:
            loop.add_signal_handler(number, self.leave)
        try:
            await self.app.run_async(handle_sigint=False, set_exception_handler=False)
            self._outside.restore_title()
        except (EOFError, OSError):  # the terminal is gone: still quit properly
            self.leave()
        await self._ended.wait()
        for number in heeded:  # a terminal that goes away may signal twice: the exit code is settled
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)
        self._link_thread.close()
        self._outside.close()
        if self._error is not None:
            raise self._error
        return self._code(self._link_thread.link.undelivered)

    def _code(self, undelivered: int) -> int:
        if why := self.controller.turned_away:
            print_error(why)
        if undelivered:
            lines = "1 line was" if undelivered == 1 else f"{undelivered} lines were"
            print_error(f"{lines} not acknowledged")
            return UNDELIVERED
        return CUT_OFF if self.controller.cut_off or why else 0

    # -- the link: see link_thread.py ------------------------------------------------------------------

    def _make_link(self, on_updates: OnUpdates) -> ReconnectingLink:
        name, host, port, _ = self._target
        link = dial(host, port, security=self._security)
        return ReconnectingLink(link, name, on_updates, rooms=self._rooms, login=self._login)

    def _on_updates(self, updates: list[Update]) -> None:
        if self.controller.on_updates(updates) and self.app.is_running:
            self.app.output.bell()
        if self.controller.link_state is LinkState.OFFLINE:
            self._exit()
        self._password_line.update(self._locked)
        self._outside.note_rooms()
        self.app.invalidate()
        self._count_down.update()

    @property
    def _locked(self) -> bool:
        """Whether a password is asked for."""
        return self.controller.takes_password

    def _secret_from(self, text: str) -> int | None:
        return secret_from(text, self._locked, self.controller.link_state is LinkState.NAMELESS)

    def _on_error(self, error: BaseException) -> None:
        self._error = error
        self._exit()

    def _on_loop_error(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A callback of the loop raised. The only file that it uses is the terminal, which then is gone."""
        error = context.get("exception")
        if isinstance(error, OSError):
            self._stop_drawing(error)
        elif error is not None:
            self._on_error(error)

    def _exit(self) -> None:
        self._ended.set()
        self._stop_drawing()

    def _stop_drawing(self, error: OSError | None = None) -> None:
        if self.app.is_running and not self.app.is_done:
            self.app.exit(exception=error) if error else self.app.exit()

    # -- what the keys call: see keys.py ---------------------------------------------------------------

    def leave(self) -> None:
        """Quit, and exit when the server has answered, however often this is called: a terminal that goes
        away says so by signals, by the end of input and by errors, in any order.
        """
        self.controller.leave()

    def leave_or_exit(self) -> None:
        """The key to leave: who presses it again does not want to wait."""
        if self.controller.leaving:
            self._exit()
        self.controller.leave()

    def clear_input(self) -> None:
        """Empty the input line; what was in it goes into the history."""
        self.input.reset(append_to_history=True)

    def to_end(self) -> None:
        """Scroll to the end."""
        self.controller.windows.current.scrollback.to_end()

    def suspend(self) -> None:
        """Suspend the process; the shell's `fg` resumes it."""
        self.app.suspend_to_background()

    def complete(self) -> None:
        """Complete the word before the cursor (Tab)."""
        self._completing.press()

    def paste(self, data: str) -> None:
        """Something was pasted."""
        self._pasting.paste(data)

    @property
    def asking(self) -> bool:
        """Whether it is asked about a paste."""
        return self._pasting.question is not None

    def answer_paste(self, yes: bool) -> None:
        """Send the pasted lines, or drop them."""
        self._pasting.answer(yes)

    def answer_block(self) -> None:
        """Send them as one message."""
        self._pasting.answer_block()

    @property
    def sending(self) -> bool:
        """Whether a paste is being sent."""
        return self.controller.sending

    def cancel_paste(self) -> None:
        """Do not send the rest of it."""
        self.controller.messages.stop_paste()

    # -- windows ---------------------------------------------------------------------------------------

    def go_to(self, number: int) -> None:
        """Show the window of this number, if there is one."""
        self.controller.windows.go_to(number)
        self.controller.look()

    def step(self, by: int) -> None:
        """Show the next window, or the previous one."""
        self.controller.windows.step(by)
        self.controller.look()

    def go_to_news(self) -> None:
        """Show the next window with something new."""
        self.controller.windows.go_to_news()
        self.controller.look()

    def _switched(self, before: ChatWindow, now: ChatWindow) -> None:
        """What is in the input line stays with its window."""
        before.draft = self._password_line.switch(now.draft)
        self.people.panel.to_top()

    @property
    def covered(self) -> bool:
        """Whether something covers the messages."""
        return self.controller.covering.overlay is not None

    def show_keys(self) -> None:
        """Cover the messages with the keys."""
        self.controller.covering.show_keys()

    def press_covered(self, key: str) -> None:
        """A key for what covers the messages."""
        self.controller.covering.press(key)
        self.controller.look()

    # -- layout ----------------------------------------------------------------------------------------

    def _layout(self) -> Layout:
        entry, search = input_area(self.input, self._prompt, self.input.secret_from)
        return screen_layout(self.messages, self.people, self._status, entry, search)

    def _prompt(self) -> str:
        if self._pasting.question is not None:
            return self._pasting.question.prompt
        if self._locked:
            host, port = self._target.host, self._target.port
            return shown(prompt(self.controller.name_to_unlock, host, port))
        return "name: " if self.controller.link_state is LinkState.NAMELESS else "> "

    def _status(self) -> StyleAndTextTuples:
        return [*self.controller.status(self.app.output.get_size().columns)]

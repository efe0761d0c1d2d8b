"""What the screen does beside its messages: who is here, the title of the terminal, the command that is
started, the rooms of last time. The real program in a pseudo-terminal.
"""

import os
import select
from pathlib import Path

from tests.support.screen_terminal import WATCHDOG, ScreenTerminal, TextTalker, chatd

ENTER, CTRL_D, F7 = "\r", "\x04", "\x1b[18~"


def test_people_title_command_and_rooms(tmp_path: Path) -> None:
    (tmp_path / ".config/chatd").mkdir(parents=True)
    told = tmp_path / "told"
    os.mkfifo(told)
    pipe = os.open(told, os.O_RDWR)
    command = f"""sh -c 'echo "$CHATD_FROM in ${{CHATD_ROOM:-private}}: $CHATD_TEXT" > {told}' """
    (tmp_path / ".config/chatd/client.toml").write_text(f"notify = '''{command}'''\n")
    with chatd() as (_, port), TextTalker(port, "bob") as bob:
        with ScreenTerminal(f"alice@127.0.0.1:{port}", tmp_path) as terminal:
            terminal.shows("online")
            bob.says("/join dev")
            bob.hears(r"\* #dev")
            terminal.types(f"/join dev{ENTER}{F7}")
            terminal.shows("2 here", "#dev - 2 here")
            terminal.until(" bob$")  # the list comes behind the answer
            bob.says("/dm alice psst")
            terminal.shows("3:bob(1!)")
            assert select.select([pipe], [], [], WATCHDOG)[0]
            assert os.read(pipe, 1000) == b"bob in private: psst\n"
            terminal.until_raw(b"\x1b]2;(1!) #dev - chat\x07")
            terminal.types("\x1b3")
            terminal.shows("[3:bob] · here")
            assert not any(row.endswith(" alice") for row in terminal.rows)
            terminal.types(f"\x1b2{F7}/join ops{ENTER}")
            terminal.shows("[4:#ops]", "#ops - 1 here")
            assert not any(row.endswith(" alice") for row in terminal.rows)
            terminal.types(f"\x1b2{CTRL_D}")
            assert terminal.ends() == 0
            assert terminal.raw.endswith(b"\x1b[23;2t")
        with ScreenTerminal(f"alice@127.0.0.1:{port}", tmp_path) as terminal:
            terminal.shows("1:lobby [2:#dev] 3:#ops · 2 here · online", "* #dev - 2 here")
            terminal.types(f"/leave{ENTER}")
            terminal.shows("[1:lobby] 2:#ops")
            terminal.types(CTRL_D)
            assert terminal.ends() == 0
        with ScreenTerminal(f"alice@127.0.0.1:{port}", tmp_path) as terminal:
            terminal.shows("[1:lobby] 2:#ops · 2 here · online")
            terminal.types(CTRL_D)
    os.close(pipe)

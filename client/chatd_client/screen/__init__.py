"""The full-screen client. Start reading at `app`, then `controller`."""

import asyncio
import os
import sys

from chatd_client.login import Login
from chatd_client.settings import Settings
from chatd_client.target import Target
from chatd_client.wire import Security


def run(target: Target, settings: Settings, login: Login, security: Security, warning: str = "") -> int:
    """Run until the user leaves; returns the exit code. Standard input and output must be a terminal.
    `warning` is told at the beginning.
    """
    # here, since importing prompt_toolkit takes 90 ms
    from prompt_toolkit.application import create_app_session

    from chatd_client.screen.app import Screen
    from chatd_client.screen.links import LinkTable, known_to_link
    from chatd_client.screen.output import CellOutput

    links = LinkTable()

    async def main() -> int:
        terminal_links = links if known_to_link(os.environ) else None
        return await Screen(target, settings, terminal_links, login, security, warning).run()

    try:
        with create_app_session(output=CellOutput.of_terminal(links)):
            return asyncio.run(main())
    finally:
        _drop_what_nobody_takes()


def _drop_what_nobody_takes() -> None:
    """What is still to be written to a terminal that is gone. Python would try again as it exits, say that it
    failed, and exit with 120.
    """
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)

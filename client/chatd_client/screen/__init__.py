"""The full-screen client. Start reading at `app`, then `controller`."""

import asyncio

from chatd_client.settings import Settings
from chatd_client.target import Target


def run(target: Target, settings: Settings) -> int:
    """Run until the user leaves; returns the exit code. Standard input and output must be a terminal."""
    from chatd_client.screen.app import Screen  # here, since importing prompt_toolkit takes 90 ms

    async def main() -> int:
        return await Screen(target, settings).run()

    return asyncio.run(main())

"""The full-screen client. Start reading at `app`, then `controller`."""

import asyncio

from chatd_client.settings import Settings
from chatd_client.target import Target


def run(target: Target, settings: Settings) -> int:
    """Talk until the person leaves; the exit code. Standard input and output are a terminal."""
    from chatd_client.screen.app import Screen  # prompt_toolkit costs 90 ms: only who sees the screen pays

    async def talk() -> int:
        return await Screen(target, settings).run()

    return asyncio.run(talk())

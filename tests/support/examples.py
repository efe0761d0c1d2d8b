"""How far the property tests look: at the same few examples in each run, on every machine.

EXAMPLES=5000 in the environment looks that much further, and at random.
"""

import os
from typing import Final

from hypothesis import settings

EXAMPLES: Final = int(os.environ.get("EXAMPLES", "0"))


def every_run_looks_at_the_same() -> None:
    """The profile of all property tests; each says at most how many examples it needs."""
    settings.register_profile("chatd", derandomize=not EXAMPLES, deadline=None, database=None)
    settings.load_profile("chatd")

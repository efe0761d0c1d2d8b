"""What happens in the middle of a load: whenever the sampler is called, so is a test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from loadtests.measure.sampler import Sampler


@contextmanager
def at_each_tick(act: Callable[[], None]) -> Iterator[None]:
    """`act` may end the load by raising an exception."""
    tick = Sampler.tick

    def acting(self: Sampler) -> None:
        act()
        tick(self)

    with patch.object(Sampler, "tick", acting):
        yield

"""Putting out many, a few at a time: a ban of a range may concern thousands, and all others are to be told
what is said meanwhile."""

from collections.abc import Iterator
from typing import Final

from chatd.state.server_state import ServerState

#: Seconds of a turn, at most: nothing else happens meanwhile.
_LONGEST: Final = 0.04


def begin_putting_out(state: ServerState, steps: Iterator[bool]) -> None:
    """Begin at once, and go on in turn: each step puts out one at most, and says whether that was enough for
    this turn."""
    state.leaving.append(steps)
    put_out_some(state)
    if state.leaving:
        state.pending.wake()


def put_out_some(state: ServerState, waited: float = 0.0) -> None:
    """For a moment, or half as long as it `waited` for its turn: where turns are rare, since the crowd that
    has to go is loud, it must still go soon. While there is more, `ServerState.leaving` is not empty."""
    limits = state.limits
    until = state.now() + min(max(limits.stretch / 4, waited / 2), _LONGEST)
    while state.leaving:
        try:
            if next(state.leaving[0]):
                return
        except StopIteration:
            state.leaving.popleft()
        if state.now() >= until:
            return

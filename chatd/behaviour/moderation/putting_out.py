"""Putting out many, a few at a time: a ban of a range may concern thousands, and all others are to be told
what is said meanwhile."""

from collections.abc import Iterator

from chatd.state.server_state import ServerState


def begin_putting_out(state: ServerState, steps: Iterator[None]) -> None:
    """Begin at once, and go on in turn: each step puts out one at most."""
    state.leaving.append(steps)
    put_out_some(state)
    if state.leaving:
        state.pending.wake()


def put_out_some(state: ServerState) -> None:
    """For as long as a stretch of work. While there is more, `ServerState.leaving` is not empty."""
    until = state.now() + state.limits.stretch
    while state.leaving and state.now() < until:
        try:
            next(state.leaving[0])
        except StopIteration:
            state.leaving.popleft()

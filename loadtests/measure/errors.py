"""The two errors that end a run: the server failed, or the run cannot be made here."""


class Fault(Exception):
    """A delivery is missing, changed or out of order, or the server did not answer: the run fails."""


class Unusable(Exception):
    """The run cannot be made here: one sentence for the person who started it."""

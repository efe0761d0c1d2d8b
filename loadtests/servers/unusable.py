"""The one error that is nobody's failure: what is to be measured cannot run on this machine."""


class Unusable(Exception):
    """The benchmark cannot run here: one sentence for the person who started it."""

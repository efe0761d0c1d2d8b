"""The error that is no failure of the server: what is to be measured cannot run on this machine."""


class Unusable(Exception):
    """The benchmark cannot run here: one sentence for the person who started it."""

"""The one place where an operating system's error becomes a cause that people are told."""

import errno
from typing import Final

from chatd.protocol.events import Cause

#: EPIPE means that the peer had closed its side before: it is a close, not a reset.
_CAUSES: Final = {
    errno.EPIPE: Cause.CLOSED,
    errno.ECONNRESET: Cause.RESET,
    errno.ECONNABORTED: Cause.RESET,
    errno.ETIMEDOUT: Cause.TIMED_OUT,
    errno.EHOSTUNREACH: Cause.TIMED_OUT,
    errno.ENETUNREACH: Cause.TIMED_OUT,
}


def cause_of(error: OSError, data_waits: bool) -> Cause:
    """Why a connection was lost. A client that timed out while data waited for it was too slow."""
    cause = _CAUSES.get(error.errno or 0, Cause.ERROR)
    return Cause.TOO_SLOW if cause is Cause.TIMED_OUT and data_waits else cause

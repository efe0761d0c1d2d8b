"""What goes wrong where nobody can catch it becomes a line of the log.

gevent prints what a callback of the event loop or a greenlet raises, and Python what a finalizer raises: to
stderr, from the main thread. A full pipe behind stderr would stop the server there for ever.
"""

import sys
from types import TracebackType

from gevent import get_hub

from chatd.net.logs import log


def to_the_log() -> None:
    """From now on, in this thread's event loop."""
    get_hub().print_exception = _failed  # type: ignore[method-assign]
    sys.unraisablehook = _unraisable


def _failed(
    context: object, t: type[BaseException] | None, v: BaseException | str | None, tb: TracebackType | None
) -> None:
    """As gevent calls it; `context` is the greenlet, or what else was running."""
    error = v if isinstance(v, BaseException) else RuntimeError(v)
    log.error("an error in the event loop, in a %s", type(context).__name__, exc_info=error)


def _unraisable(error: "sys.UnraisableHookArgs") -> None:
    name = getattr(error.object, "__qualname__", "a finalizer")
    log.error("an error in %s", name, exc_info=error.exc_value)

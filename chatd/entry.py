"""The command `chatd`, from its first moment: nothing that takes long is imported before Ctrl-C is heeded."""

import signal


def main() -> int:
    """Run `chatd`. Ctrl-C ends the process at once, without a traceback, until the server or the command that
    runs has a handler of its own.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it was started to ignore it
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from chatd.__main__ import main as run

    return run()

"""The command `chat`, from its first moment: nothing that takes long is imported before Ctrl-C is heeded."""

import signal


def main() -> int:
    """Run `chat`. Ctrl-C ends the process at once also while it imports, without a traceback."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it was started to ignore it
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from chatd_client.__main__ import main as run

    return run()

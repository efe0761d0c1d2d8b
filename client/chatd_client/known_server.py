"""What is remembered of a server's certificate, in `$XDG_STATE_HOME/chatd/certificates/HOST:PORT.json`,
readable by its owner only: that it was vouched for by the system's store, or which one the user trusts.

What cannot be read is as if it were not there, so the user is asked again. What cannot be kept holds until
the program ends.
"""

import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from chatd_client.state_files import read_bounded, reason, server_path, write_private

#: Bytes of the file.
_LARGEST: Final = 1024


class KnownCertificate(msgspec.Struct, frozen=True):
    """`fingerprint` (SHA-256, in hex) is that of the one that is trusted by itself, up to `expires` (seconds
    since the epoch); empty where the system's store has vouched for what there was.
    """

    fingerprint: str = ""
    expires: int = 0

    @property
    def expired(self) -> bool:
        return self.fingerprint != "" and self.expires <= time.time()


VOUCHED_FOR: Final = KnownCertificate()


class KnownServer:
    """`path` is that of the file; None where nothing is to be kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: KnownCertificate | None = None  # where there is no file

    @classmethod
    def at(cls, host: str, port: int) -> "KnownServer":
        """That of the user's state folder."""
        path = server_path("certificates", host, port)
        return cls(None if path is None else path.with_name(f"{path.name}.json"))

    def find(self) -> KnownCertificate | None:
        """None of a server that was never seen."""
        with suppress(OSError, ValueError, msgspec.MsgspecError, RecursionError):
            data = None if self._path is None else read_bounded(self._path, _LARGEST)
            if data is not None:
                return msgspec.json.decode(data, type=KnownCertificate)
        return self._known

    def keep(self, known: KnownCertificate) -> str:
        """Returns a sentence where that cannot be kept."""
        self._known = known
        if self._path is None:
            return ""
        try:
            write_private(self._path, msgspec.json.encode(known))
        except OSError as error:
            return f"the server's certificate cannot be remembered: {reason(error)}"
        return ""

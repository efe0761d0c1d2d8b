"""The secrets with which this device comes back as somebody who has an account: a file for each name at a
server, `$XDG_STATE_HOME/chatd/devices/HOST:PORT/NAME`, readable by its owner only. Those that were got by TLS
are in `devices-tls`, and never sent in plain text.

What cannot be read is as if it were not there: the password is asked for, and the file replaced.
"""

from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from chatd.protocol.errors import ChatError
from chatd.protocol.names import check_name, fold
from chatd_client.state_files import read_bounded, reason, server_path, write_private

#: Bytes of a file: many more than a server's token has.
LARGEST: Final = 4 * 1024


class _TokenFile(msgspec.Struct):
    token: str


class DeviceTokens:
    """Those for one server; `folder` is None where nothing can be kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    @classmethod
    def of_server(cls, host: str, port: int, kind: str) -> "DeviceTokens":
        """Those that are kept in the user's state folder, of a kind of `wire.Security`."""
        return cls(server_path(kind, host, port) if kind else None)

    def find(self, name: str) -> str | None:
        """The token with which one is `name`, if there is one."""
        path = self._path(name)
        with suppress(OSError, ValueError, msgspec.MsgspecError, RecursionError):
            data = None if path is None else read_bounded(path, LARGEST)
            return None if data is None else msgspec.json.decode(data, type=_TokenFile).token
        return None

    def keep(self, name: str, token: str) -> str:
        """From now on one is `name` with this token. Returns a sentence where that cannot be kept."""
        path = self._path(name)
        if path is None or self.find(name) == token:
            return ""
        try:
            write_private(path, msgspec.json.encode(_TokenFile(token)))
        except OSError as error:
            return f"this device cannot be remembered: {reason(error)}"
        return ""

    def forget(self, name: str) -> None:
        """Nothing is known of the name any more."""
        path = self._path(name)
        if path is not None:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def takes(self, name: str) -> bool:
        """Whether anything can be kept for it."""
        return self._path(name) is not None

    def _path(self, name: str) -> Path | None:
        """Of what can be a name only: a server may call one anything."""
        try:
            return None if self._folder is None else self._folder / fold(check_name(name))
        except ChatError:
            return None

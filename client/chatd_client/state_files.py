"""Small files in the client's state folder, `$XDG_STATE_HOME/chatd`, readable by their owner only.

1. A file is replaced as a whole, so it is never half of anything.
2. It is read up to a bound, and only where it is an ordinary file: a pipe may never say anything.
"""

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from chatd.protocol.sanitize import clean
from chatd_client.folders import xdg_folder

#: Characters of a server's name in that of its file, which has 255 bytes at most.
_LONGEST: Final = 200
_CUT: Final = 100


def server_path(kind: str, host: str, port: int, environ: Mapping[str, str] = os.environ) -> Path | None:
    """Where things of this kind are kept of a server; None where there is no home to keep them in."""
    folder = xdg_folder("XDG_STATE_HOME", ".local/state", environ)
    name = quote(host.lower(), safe=":", errors="replace")
    if len(name) > _LONGEST:  # two servers never share what is cut
        name = f"{name[:_CUT]}~{hashlib.sha256(name.encode()).hexdigest()}"
    server = f"{name}:{port}"
    return None if folder is None else folder / "chatd" / kind / server


def read_bounded(path: Path, most: int) -> bytes | None:
    """The first `most` bytes; None where there is no file. Raises OSError and ValueError."""
    try:
        if not path.is_file() and path.exists():
            raise ValueError(f"{path} is no file")
        with path.open("rb") as file:
            return file.read(most)
    except (FileNotFoundError, NotADirectoryError):
        return None


def write_private(path: Path, data: bytes) -> None:
    """Under another name first, which is that of this process. What has that name already is of one that
    was killed, and of unknown mode. Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    try:
        with open(new, "wb", opener=_private) as file:
            file.write(data)
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_EXCL, 0o600)


def reason(error: Exception) -> str:
    """Why a file could not be read or written, for people."""
    if isinstance(error, OSError):
        return f"{clean(str(error.filename))}: {str(error.strerror).lower()}"
    return clean(str(error))

"""The settings file `$XDG_CONFIG_HOME/chatd/client.toml`. Options of the command line override it.

Everything is checked when it is read, so no other module has to; an error is one sentence with the file's
name.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from chatd.protocol.errors import ChatError, ConfigError
from chatd.protocol.sanitize import clean
from chatd_client.target import check_letters, parse_address

#: What rings the bell: nothing, direct messages, those and messages that mention you, every message.
Bell = Literal["off", "dm", "mention", "all"]
Colours = Literal["auto", "on", "off"]

FILE: Final = Path("chatd", "client.toml")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`name` and `server` (HOST or HOST:PORT) are used when the command line leaves them out."""

    name: str | None = None
    server: str | None = None
    bell: Bell = "mention"
    time_format: str = "%H:%M"
    colours: Colours = "auto"
    mouse: bool = True

    def __post_init__(self) -> None:
        """Checks beyond types. msgspec reports a ValueError raised here like its own errors."""
        try:
            if self.name is not None:
                check_letters(self.name)
            if self.server is not None:
                parse_address(self.server)
        except (ChatError, ConfigError) as error:
            raise ValueError(str(error)) from None
        if clean(self.time_format) != self.time_format:
            raise ValueError("the time format has control characters in it")

    def coloured(self, environ: Mapping[str, str] = os.environ) -> bool:
        """Whether to use colours; `auto` follows https://no-color.org."""
        return self.colours == "on" or (self.colours == "auto" and not environ.get("NO_COLOR"))


def xdg_home(variable: str, fallback: str, environ: Mapping[str, str] = os.environ) -> Path:
    """The folder in `variable`, else `fallback` in the home; a relative path is ignored, as the XDG base
    directory specification demands. Without a home it is below /, where writing fails, which is no error.
    """
    given = environ.get(variable, "")
    return Path(given) if given.startswith("/") else Path(environ.get("HOME", "/"), fallback)


def settings_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The path of the settings file."""
    return xdg_home("XDG_CONFIG_HOME", ".config", environ) / FILE


def read_settings(path: Path) -> Settings:
    """The settings in the file, or the defaults if there is none; raises ConfigError."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Settings)
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except OSError as error:
        raise ConfigError(f"cannot read {clean(str(path))}: {error.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConfigError(f"{clean(str(path))}: {clean(str(error))}") from None


def overridden(settings: Settings, options: Mapping[str, Any]) -> Settings:
    """The settings, overridden by the options that were given; raises ConfigError."""
    given = {field: options[field] for field in Settings.__struct_fields__ if options.get(field) is not None}
    try:
        return msgspec.structs.replace(settings, **given)
    except ValueError as error:
        raise ConfigError(str(error)) from None

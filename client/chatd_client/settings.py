"""What a person sets once: `$XDG_CONFIG_HOME/chatd/client.toml`. Options override it.

Everything is checked when it is read, so that nothing further in meets a value that cannot work; what is
wrong is one sentence with the file's name.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from chatd.protocol.errors import ChatError, ConfigError
from chatd.protocol.sanitize import clean
from chatd_client.target import check_letters, parse_address

#: What rings: nothing, direct messages, those and lines that mention you, everything.
Bell = Literal["off", "dm", "mention", "all"]
Colours = Literal["auto", "on", "off"]

FILE: Final = Path("chatd", "client.toml")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`name` and `server` (HOST or HOST:PORT) stand in for what the command line leaves out."""

    name: str | None = None
    server: str | None = None
    bell: Bell = "mention"
    time_format: str = "%H:%M"
    colours: Colours = "auto"
    mouse: bool = True

    def __post_init__(self) -> None:
        """What types cannot say. msgspec asks for a ValueError, and tells it like any other mistake."""
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
        """Whether to use colours; https://no-color.org says what `auto` looks at."""
        return self.colours == "on" or (self.colours == "auto" and not environ.get("NO_COLOR"))


def xdg_home(variable: str, fallback: str, environ: Mapping[str, str] = os.environ) -> Path:
    """The folder that `variable` names, else `fallback` in the home; a relative path is ignored, as the
    specification asks. Who has no home has the root, where nothing can be written: never an error.
    """
    given = environ.get(variable, "")
    return Path(given) if given.startswith("/") else Path(environ.get("HOME", "/"), fallback)


def settings_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the settings are."""
    return xdg_home("XDG_CONFIG_HOME", ".config", environ) / FILE


def read_settings(path: Path) -> Settings:
    """The settings in the file, the defaults where there is none; raises ConfigError."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Settings)
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except OSError as error:
        raise ConfigError(f"cannot read {clean(str(path))}: {error.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConfigError(f"{clean(str(path))}: {clean(str(error))}") from None


def overridden(settings: Settings, options: Mapping[str, Any]) -> Settings:
    """The settings with what the command line gave; raises ConfigError."""
    given = {field: options[field] for field in Settings.__struct_fields__ if options.get(field) is not None}
    try:
        return msgspec.structs.replace(settings, **given)
    except ValueError as error:
        raise ConfigError(str(error)) from None

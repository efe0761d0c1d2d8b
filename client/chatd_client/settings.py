"""The settings file `$XDG_CONFIG_HOME/chatd/client.toml`. Options of the command line override it.

Everything is checked when it is read, so no other module has to; an error is one sentence with the file's
name, and says what to write instead. What a setting takes stands once, in the types of Settings.
"""

import difflib
import errno
import os
import re
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

import msgspec

from chatd.protocol.errors import ChatError, ConfigError
from chatd.protocol.names import check_room
from chatd.protocol.sanitize import clean
from chatd_client.folders import xdg_folder
from chatd_client.notify import split_command
from chatd_client.target import check_letters, parse_address

#: What rings the bell: nothing, direct messages, those and messages that mention you, every message.
Bell = Literal["off", "dm", "mention", "all"]
Colours = Literal["auto", "on", "off"]

FILE: Final = Path("chatd", "client.toml")
#: Bytes of the file. A hundred times what all settings take: what is longer is some other file.
LONGEST_FILE: Final = 64 * 1024
#: Characters of a wrong value that its error repeats.
_REPEATED: Final = 40

#: What to do about a file that cannot be read; other errors are told in the system's words.
_UNREADABLE: Final = {
    errno.EACCES: "you have no permission; please make it readable for you, or remove it",
    errno.EISDIR: "it is a folder; please put the settings into a file of that name",
    errno.ELOOP: "it is a link that leads to itself; please remove it",
}


class Settings(msgspec.Struct, frozen=True):
    """`name` and `server` (HOST or HOST:PORT) are used when the command line leaves them out. `rooms` are
    joined at each start, and with `remember_rooms` those of last time, too; `notify` is a command line.
    """

    name: str | None = None
    server: str | None = None
    bell: Bell = "mention"
    time_format: str = "%H:%M"
    colours: Colours = "auto"
    mouse: bool = True
    title: bool = True
    rooms: tuple[str, ...] = ()
    remember_rooms: bool = True
    notify: str | None = None

    def __post_init__(self) -> None:
        """Checks beyond types; raises ConfigError."""
        try:
            if self.name is not None:
                check_letters(self.name)
            msgspec.structs.force_setattr(self, "rooms", tuple(map(check_room, self.rooms)))
        except ChatError as error:
            raise ConfigError(error.text) from None
        if self.server is not None:
            parse_address(self.server)
        check_time_format(self.time_format)
        split_command(self.notify or "")

    def coloured(self, environ: Mapping[str, str] = os.environ) -> bool:
        """Whether to use colours; `auto` follows https://no-color.org, `on` wins over it."""
        return self.colours == "on" or (self.colours == "auto" and not environ.get("NO_COLOR"))


def check_time_format(text: str) -> None:
    """Raises ConfigError for what `strftime` cannot use, or what would move the cursor."""
    if clean(text) != text:
        raise ConfigError("the time format has control characters in it; please write it like %H:%M")
    try:
        time.strftime(text).encode()
    except ValueError:  # among others a byte that is no UTF-8
        raise ConfigError("the time format cannot be used; please write it like %H:%M") from None


def settings_file(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The path of the settings file; None where there is no home to keep it in."""
    folder = xdg_folder("XDG_CONFIG_HOME", ".config", environ)
    return None if folder is None else folder / FILE


def read_settings(path: Path | None) -> Settings:
    """The settings in the file, or the defaults if there is none; raises ConfigError."""
    if path is None:
        return Settings()
    name = clean(str(path))
    try:
        return _settings(_table(_contents(path)))
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except OSError as error:
        why = _UNREADABLE.get(error.errno or 0) or str(error.strerror).lower()
        raise ConfigError(f"cannot read {name}: {why}") from None
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from None


def _contents(path: Path) -> bytes:
    if path.exists() and not path.is_file() and not path.is_dir():  # a pipe may never say anything
        raise ConfigError("it is no ordinary file; please put the settings into one")
    with path.open("rb") as file:
        return file.read(LONGEST_FILE + 1)


def _table(data: bytes) -> dict[str, Any]:
    """The file's values, whatever they are called; raises ConfigError."""
    if len(data) > LONGEST_FILE:
        raise ConfigError("it is too long to be a settings file; please remove it")
    try:
        return tomllib.loads(data.decode("utf-8-sig"))  # some editors begin a file with a BOM
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"line {line} is not UTF-8; please save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        where = f"line {found[1]}" if found else "the last line"
    except (RecursionError, ValueError):  # a thousand brackets, a number of a thousand digits
        where = "it"
    raise ConfigError(
        f'{where} is not understood; please write each setting once, as in name = "alice" or mouse = true'
    )


def _settings(values: Mapping[str, Any]) -> Settings:
    """Settings of these values; raises ConfigError for an unknown one, or one of another type."""
    takes = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in takes:
            raise ConfigError(_unknown(name, list(takes)))
        try:
            checked[name] = msgspec.convert(value, takes[name])
        except msgspec.ValidationError:
            raise ConfigError(f"{name} is {_what_it_takes(takes[name])}, not {_repeated(value)}") from None
    return Settings(**checked)


def _unknown(name: str, names: list[str]) -> str:
    like = difflib.get_close_matches(name, names, 1)
    meant = f"did you mean {like[0]}?" if like else f"there are {', '.join(names)}"
    return f"there is no setting {clean(name)[:_REPEATED]}; {meant}"


def _what_it_takes(kind: Any) -> str:
    """In words, what to write for a setting of this type."""
    if get_origin(kind) is tuple:
        return 'a list of texts, as in ["dev", "ops"]'
    *most, last = [f'"{word}"' for word in get_args(kind) if isinstance(word, str)] or ["a text in quotes"]
    if kind is bool:
        return "true or false, without quotes"
    return f"{', '.join(most)} or {last}" if most else last


def _repeated(value: object) -> str:
    """A wrong value, as far as an error repeats it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    text = clean(str(value))
    text = text if len(text) <= _REPEATED else f"{text[:_REPEATED]}…"
    return f'"{text}"' if isinstance(value, str) else text


def overridden(settings: Settings, options: Mapping[str, Any]) -> Settings:
    """The settings, overridden by the options that were given; raises ConfigError."""
    given = {field: options[field] for field in Settings.__struct_fields__ if options.get(field) is not None}
    return msgspec.structs.replace(settings, **given)

"""The configuration file: TOML, whose keys are the long options, and `[[webhooks]]`.

A mistake is one sentence that says where it is and what to write instead; nothing is guessed, and nothing
that is not understood is passed over. A file with a secret must not be readable by everyone.
"""

import argparse
import os
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chatd.config import Webhook
from chatd.protocol.errors import ConfigError
from chatd.settings.options import OPTIONS, ServerOption, Takes, suggestion
from chatd.settings.webhook_table import WEBHOOKS, read_webhooks, says_secret

#: Bytes of a file: whatever is larger is another one.
_LARGEST: Final = 1 << 20
#: ServerOption → what its value may be, in Python.
_TYPES: Final[dict[Takes, tuple[type, ...]]] = {
    Takes.WORD: (str,),
    Takes.NUMBER: (int, float),
    Takes.FLAG: (bool,),
}
_BY_NAME: Final = {option.name: option for option in OPTIONS}


@dataclass(frozen=True, slots=True)
class FileSettings:
    """What a file says: the options' values, by their names in Python, and the webhooks."""

    values: dict[str, Any]
    webhooks: tuple[Webhook, ...]


def read_settings(path: Path) -> FileSettings:
    """Raises ConfigError."""
    data, open_to_all = _read(path)
    try:
        table = tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not in UTF-8; please save it so") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is no TOML: {error}; please write it as docs/options.md shows") from error
    except RecursionError as error:
        raise ConfigError(f"{path} is no settings: it is nested too deeply") from error
    _check_names(path, table)
    hooks = table.pop(WEBHOOKS, [])
    try:
        if open_to_all and says_secret(hooks):
            raise ConfigError(f"everybody can read it, and it has a secret; please run: chmod o= {path}")
        values = {_BY_NAME[name].key: _value(_BY_NAME[name], value) for name, value in table.items()}
        return FileSettings(values, read_webhooks(hooks, path.parent))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def _read(path: Path) -> tuple[bytes, bool]:
    """What is in it, and whether everybody can read that."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ConfigError(f"{path} is no file; please give one with --config")
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}; please give another --config") from error
    if len(data) > _LARGEST:
        raise ConfigError(f"{path} is larger than settings can be; please give another --config")
    return data, bool(status.st_mode & stat.S_IROTH)


def _check_names(path: Path, table: dict[str, Any]) -> None:
    known = [*_BY_NAME, WEBHOOKS]
    for name in table:
        if name not in known:
            raise ConfigError(f"{path}: there is no setting {name!r}; {suggestion(name, known)}")


def _value(option: ServerOption, value: Any) -> Any:
    """That of an option, as its word on the command line would give it; of several, as their list."""
    if option.takes is Takes.WORDS:
        if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
            raise ConfigError(
                f'{option.name} is not {option.takes.value}; please write it like {option.name} = ["…", "…"]'
            )
        return [_parsed(option, word) for word in value]
    if type(value) not in _TYPES[option.takes]:
        raise ConfigError(f"{option.name} is not {option.takes.value}; please write it as that")
    if option.takes is Takes.FLAG:
        return value
    if option.choices and value not in option.choices:
        raise ConfigError(f"{option.name} is {value!r}; please write one of {', '.join(option.choices)}")
    return _parsed(option, value)


def _parsed(option: ServerOption, value: Any) -> Any:
    try:
        return option.parse(str(value))
    except argparse.ArgumentTypeError as error:
        raise ConfigError(f"{option.name}: {error}; please write another") from error
    except ValueError as error:
        raise ConfigError(f"{option.name}: {value} is no whole number; please write one") from error

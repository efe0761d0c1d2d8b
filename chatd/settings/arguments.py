"""From the words of the command line, and the file that they name, to the settings."""

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from chatd.config import DEFAULT_LISTEN, LOOPBACK, Config, Plaintext, Webhook
from chatd.protocol.registration import Registration
from chatd.protocol.version import SERVER
from chatd.settings.file import read_settings
from chatd.settings.options import OPTIONS, Takes
from chatd.store.sqlite.folder import default_folder

_LISTS: Final = [option.key for option in OPTIONS if option.takes is Takes.WORDS]


def server_parser(commands: str = "") -> argparse.ArgumentParser:
    """Of `chatd`; `commands` is what its help says of those."""
    parser = argparse.ArgumentParser(
        prog="chatd",
        description="A chat server for nc, for the chat client and for programs that speak JSON lines.",
        epilog=commands,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="a file of settings (TOML): these options without their --, and [[webhooks]]; "
        "what is given here wins",
    )
    for option in OPTIONS:
        option.add_to(parser)
    parser.add_argument("--version", action="version", version=SERVER)
    return parser


def read_arguments(
    words: Sequence[str], commands: str = "", environment: Mapping[str, str] = os.environ
) -> tuple[Config, str]:
    """The settings, and the log level. Raises ConfigError for a file that cannot be used; wrong words end the
    process, as with argparse."""
    parser = server_parser(commands)
    given = parser.parse_args(words)
    lists: dict[str, list[Any]] = {}  # of the file: what argparse would add those that are given to
    webhooks: tuple[Webhook, ...] = ()
    if given.config is not None:
        found = read_settings(Path(given.config))
        webhooks = found.webhooks
        lists = {key: found.values.pop(key) for key in _LISTS if key in found.values}
        parser.set_defaults(**found.values)
        given = parser.parse_args(words)

    def all_of(key: str, default: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(getattr(given, key) or lists.get(key) or default)

    config = Config(
        all_of("listen", [DEFAULT_LISTEN]),
        given.line_rate,
        given.max_clients,
        given.data or str(default_folder(environment)),
        sync=given.sync,
        keep=given.keep,
        registration=Registration(given.registration),
        plaintext_passwords=bool(given.plaintext_passwords),
        webhooks=webhooks,
        tls_certificate=given.tls_certificate,
        tls_key=given.tls_key,
        plaintext=Plaintext(given.plaintext),
        proxies=all_of("proxy", ()),
        exempt=all_of("exempt", LOOPBACK),
        web_hosts=all_of("web_host", ()),
    )
    return config, given.log_level

"""`python -m tools.docs`: write the generated blocks and files anew, and say which changed."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from chatd.commands.table import COMMANDS
from chatd.settings.arguments import server_parser
from chatd_client import arguments
from loadtests.reports.document import PEERS, RECORD, Unreadable, read
from tools.docs import figures, limits, options, records, wire, words
from tools.docs.marks import Unmarked, put
from tools.docs.servers_table import peers_table

ROOT: Final = Path(__file__).parent.parent.parent

Made = Callable[[], str]

#: Page → the names of its blocks, and what makes each.
BLOCKS: Final[dict[str, dict[str, Made]]] = {
    "README.md": {
        "claim": lambda: figures.claim(read(RECORD), read(PEERS)),
    },
    "CONTRIBUTING.md": {
        "targets": words.make_targets,
    },
    "docs/commands.md": {
        "commands": words.commands,
        "moderation": words.moderation,
        "reserved": words.reserved,
    },
    "docs/client.md": {
        "chat": lambda: options.described(arguments.COMMANDS["chat"]()),
        "send": lambda: options.described(arguments.COMMANDS["send"]()),
        "tail": lambda: options.described(arguments.COMMANDS["tail"]()),
        "log": lambda: options.described(arguments.COMMANDS["log"]()),
        "settings": words.settings,
        "screen-commands": words.screen_commands,
        "screen-keys": words.screen_keys,
    },
    "docs/protocol.md": {
        "requests": wire.requests,
        "events": wire.events,
        "causes": words.causes,
        "acts": words.acts,
        "codes": words.codes,
    },
    "docs/options.md": {
        "options": lambda: options.described(server_parser()),
        "operator": lambda: options.commands("chatd", COMMANDS),
    },
    "docs/limits.md": {
        "limits": limits.limits,
        "rhythm": limits.rhythm,
    },
    "docs/figures.md": {
        "figures": lambda: records.figures(read(RECORD)),
        "growth": lambda: records.growth(read(RECORD)),
        "peers": lambda: records.peers(read(PEERS)),
    },
    "docs/measuring.md": {
        "meanings": records.meanings,
    },
}

#: Files that are made as a whole.
FILES: Final[dict[str, Made]] = {
    figures.PICTURE: lambda: figures.picture(read(PEERS)),
    str(PEERS.with_suffix(".md").relative_to(ROOT)): lambda: peers_table(read(PEERS)),
}


def text_of(name: str) -> str:
    """What this file has to hold. Raises Unmarked and Unreadable."""
    if name in FILES:
        return FILES[name]()
    text = (ROOT / name).read_text()
    for block, make in BLOCKS[name].items():
        text = put(text, block, make())
    return text


def main() -> int:
    """The exit code."""
    try:
        made = {ROOT / name: text_of(name) for name in (*FILES, *BLOCKS)}
    except (Unmarked, Unreadable, OSError) as error:
        print(f"docs: {error}", file=sys.stderr)
        return 2
    for path, text in made.items():
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(f"docs: {path.relative_to(ROOT)} was made anew")
    return 0


if __name__ == "__main__":
    sys.exit(main())

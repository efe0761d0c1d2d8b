"""`chatd tls self-signed`: a certificate that nobody else has to make."""

import argparse
from pathlib import Path

from chatd.commands.contract import say


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="chatd tls", description="Make what a server needs for TLS.")
    kinds = made.add_subparsers(dest="kind", required=True, metavar="self-signed", help="what to make")
    add_self_signed(
        kinds.add_parser(
            "self-signed",
            help="a certificate for which nobody vouches, and its key",
            description="Make a certificate and its key for a server, and say its SHA-256. Nobody vouches "
            "for it, so chat shows that to each person once, and asks. It is for localhost, the name and the "
            "addresses of this machine, and each --name.",
        )
    )
    return made


def add_self_signed(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("folder", metavar="DIR", help="where certificate.pem and key.pem are made")
    parser.add_argument(
        "--name",
        metavar="NAME",
        action="append",
        default=[],
        help="another name or address by which people reach the server; may be given several times",
    )


def run(arguments: argparse.Namespace) -> int:
    from chatd.commands.self_signed import make  # takes 0.1 s to import, which a server does not need

    for line in make(Path(arguments.folder), arguments.name):
        say(f"chatd tls: {line}")
    return 0

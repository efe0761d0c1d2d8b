"""What works on the files beside the server: an invite and a backup, as `chatd invite` and `chatd backup`."""

import argparse

from chatd.commands import backup as backups
from chatd.commands import invite as invites
from chatd.commands.contract import folder_of, say
from chatd.protocol.admin_events import BackupMade, InviteMade
from chatd.protocol.admin_lines import encode


def invite(arguments: argparse.Namespace) -> int:
    made = invites.make(folder_of(arguments.data), arguments.name, arguments.days)
    if arguments.json:
        event = InviteMade(code=made.code, name=made.name, until=made.expires)
        say(encode(event).decode().rstrip("\n"))
    else:
        say(f"chatd admin invite: {made.sentence}")
    return 0


def backup(arguments: argparse.Namespace) -> int:
    holds = backups.make(folder_of(arguments.data), arguments.file)
    if arguments.json:
        say(encode(BackupMade(file=arguments.file, holds=holds)).decode().rstrip("\n"))
    else:
        say(f"chatd admin backup: {holds}: {arguments.file}")
    return 0

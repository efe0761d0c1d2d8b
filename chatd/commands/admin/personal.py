"""A person's right to its data: all of it as one document, and that it goes."""

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Final

from chatd.commands.admin.asking import ask
from chatd.commands.admin.showing import check, user_in_words
from chatd.commands.contract import WRONG, CommandFailed, folder_of, say
from chatd.protocol.admin_events import Erased, UserRow
from chatd.protocol.admin_lines import encode
from chatd.protocol.admin_requests import ErasePerson, ExportPerson, FindUser
from chatd.protocol.errors import Code
from chatd.protocol.events import Error, Event
from chatd.protocol.names import fold
from chatd.protocol.requests import Request

#: Bytes that are written at once.
_BUFFER: Final = 1 << 16


def export(arguments: argparse.Namespace) -> int:
    """The document is written as it comes: it may be larger than the memory."""
    out = None if arguments.out is None else Path(arguments.out)
    folder, count = folder_of(arguments.data), 0
    with _target(out) as file, closing(ask(folder, ExportPerson(arguments.name))) as answer:
        head = next(answer)
        check(head)
        write = _writer(file)
        write(encode(head).removesuffix(b"}\n") + b',"log":[')
        for event in answer:
            check(event)
            write((b",\n" if count else b"\n") + encode(event).removesuffix(b"\n"))
            count += 1
        write(b"\n]}\n")
    if out is not None:
        say(f"chatd admin export: all of {arguments.name} is in {out}: {count:,} entries of the log")
    return 0


@contextlib.contextmanager
def _target(out: Path | None) -> Iterator[IO[bytes]]:
    """Where it is written; a file for its owner only, which is there only when all is in it. Raises
    CommandFailed."""
    if out is None:
        yield sys.stdout.buffer
        return
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise CommandFailed(f"{out} is there already; please give another name", WRONG) from error
    except OSError as error:
        raise CommandFailed(f"{out} cannot be written: {error.strerror}", WRONG) from error
    try:
        with os.fdopen(handle, "wb", _BUFFER) as file:
            yield file
    except BaseException as error:
        with contextlib.suppress(OSError):
            out.unlink()
        if isinstance(error, OSError):
            raise CommandFailed(f"{out} cannot be written: {error.strerror}") from error
        raise


def _writer(file: IO[bytes]) -> Callable[[bytes], None]:
    """Raises CommandFailed, where nobody reads it any more."""

    def write(data: bytes) -> None:
        try:
            file.write(data)
        except BrokenPipeError as error:
            os.dup2(
                os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
            )  # else it fails once more at the end
            raise CommandFailed("nobody reads it any more; it is not whole", WRONG) from error

    return write


def delete(arguments: argparse.Namespace) -> int:
    """Who that is, is asked once more, unless `--yes` says so."""
    folder, name = folder_of(arguments.data), arguments.name
    found = _only(folder, FindUser(name))
    if isinstance(found, Error) and found.code == Code.NO_SUCH_NICK:
        request = ErasePerson(name, again=True)  # it was begun before, and not ended
    else:
        check(found)
        assert isinstance(found, UserRow), found
        if not arguments.yes:
            _make_sure(found)
        request = ErasePerson(found.name, person=found.person)
    with closing(ask(folder, request)) as answer:
        for event in answer:
            if arguments.json:
                say(encode(event).decode().rstrip("\n"))
            check(event)
            if not arguments.json and isinstance(event, Erased):
                say(f"chatd admin delete: {event.name} is deleted, with all that it said")
    return 0


def _only(folder: Path, request: Request) -> Event:
    with closing(ask(folder, request)) as answer:
        [event] = answer
    return event


def _make_sure(row: UserRow) -> None:
    """Raises CommandFailed, where it is not said again."""
    if not sys.stdin.isatty():
        raise CommandFailed("please add --yes, where nobody can be asked whether it is meant", WRONG)
    what = "The account, its direct messages and the text of all it said go for good; backups stay."
    question = f"{user_in_words(row)}.\n{what}\nPlease write the name once more: "
    print(question, end="", file=sys.stderr, flush=True)
    if fold(sys.stdin.readline().strip()) != fold(row.name):
        raise CommandFailed("that was another name; nothing was deleted", WRONG)

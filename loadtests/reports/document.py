"""A document as a file: JSON for machines, one run a line, so that a record's changes can be read in a diff.

JSON has no NaN: what was not measured is null there and NaN again when it is read. A file is replaced as a
whole, so that whoever is interrupted while writing leaves the one before.
"""

import json
import os
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from loadtests.reports.goals import machine
from loadtests.result import Document, Run

RESULTS: Final = Path(__file__).parent.parent / "results"


class Unreadable(Exception):
    """The file is not a document: one sentence for the person who named it."""


def begin(command: Sequence[str]) -> Document:
    """A document that begins now, here, by this command."""
    return Document(machine(), shlex.join(command), datetime.now(UTC).isoformat(timespec="seconds"))


def dumps(document: Document) -> str:
    """Raises nothing: every figure there is has a place in JSON."""
    head = {"machine": document.machine, "command": document.command, "began": document.began}
    opening = json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}")
    runs = ",\n".join(msgspec.json.encode(run).decode() for run in document.runs)
    return f'{opening},\n "runs": [\n{runs}\n]}}\n'


def write(document: Document, path: Path) -> None:
    """Replace the file as a whole."""
    half = path.with_name(path.name + ".part")
    half.write_text(dumps(document))
    os.replace(half, path)


def loads(text: str | bytes, name: str = "it") -> Document:
    """Raises Unreadable; `name` is what the text is called there."""
    try:
        raw = json.loads(text)
        return msgspec.convert(_numbers(raw), Document, strict=True)
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ) as error:  # msgspec's errors are ValueErrors too
        raise Unreadable(f"{name} is not a record of the load suite ({error})") from error


def read(path: Path) -> Document:
    """Raises Unreadable."""
    try:
        return loads(path.read_bytes(), str(path))
    except OSError as error:
        raise Unreadable(f"{path} cannot be read ({error.strerror})") from error


def last(of: Document | None = None, folder: Path = RESULTS) -> tuple[Path, Document] | None:
    """The youngest record, or the youngest that has a scenario and server of this document too; None where
    there is none."""
    wanted = {(run.scenario, run.server) for run in of.runs} if of else None
    found = [(path, read(path)) for path in sorted(folder.glob("*.json"))]
    fitting = [
        (path, document)
        for path, document in found
        if wanted is None or any((run.scenario, run.server) in wanted for run in document.runs)
    ]
    return max(fitting, key=lambda pair: pair[1].began, default=None)


def by_scenario(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """In the order in which they first ran."""
    found: dict[str, list[Run]] = {}
    for run in runs:
        found.setdefault(run.scenario, []).append(run)
    return found


def _numbers(raw: Any) -> Any:
    """Null becomes NaN where a number must be: in the figures, and in the samples."""
    for run in raw["runs"]:
        for numbers in (run.get("figures", {}), *run.get("samples", ())):
            numbers.update({name: float("nan") for name, value in numbers.items() if value is None})
    return raw

"""A document as a file: JSON for machines, one run a line, so that a record's changes can be read in a diff.

JSON has no NaN: what was not measured is written as null, and read as NaN.
"""

import platform
import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import msgspec

from loadtests.measure.result import Document

RESULTS: Final = Path(__file__).parent.parent / "results"
RECORD: Final = RESULTS / "bench.json"
PEERS: Final = RESULTS / "peers.json"


class Unreadable(Exception):
    """The file is not a document: one sentence for the person who named it."""


def begin(command: Sequence[str]) -> Document:
    """A new document with the current time, this machine and the command."""
    return Document(_machine(), shlex.join(command), datetime.now(UTC).isoformat(timespec="seconds"))


def _machine() -> dict[str, str]:
    """What the figures are taken on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return {
        "cpu": next(models, platform.machine()),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "gevent": version("gevent"),
    }


def dumps(document: Document) -> str:
    """The document as JSON; never raises: NaN becomes null."""
    runs = ",\n".join(msgspec.json.encode(run).decode() for run in document.runs)
    whole = msgspec.json.encode(replace(document, runs=[])).decode()
    return whole.replace('"runs":[]', f'"runs":[\n{runs}\n]') + "\n"


def loads(text: str | bytes, name: str = "it") -> Document:
    """Raises Unreadable, with a sentence in which the text is called `name`."""
    try:
        return msgspec.convert(_numbers(msgspec.json.decode(text)), Document)
    except (ValueError, LookupError, TypeError, AttributeError) as error:  # msgspec's are ValueErrors, too
        raise Unreadable(f"{name} is not a record of the load suite ({error})") from error


def read(path: Path) -> Document:
    """Raises Unreadable."""
    try:
        return loads(path.read_bytes(), str(path))
    except OSError as error:
        raise Unreadable(f"{path} cannot be read ({error.strerror})") from error


def _numbers(raw: Any) -> Any:
    """Null becomes NaN where a number must be: in the figures, and in the samples."""
    for run in raw["runs"]:
        for numbers in (run.get("figures", {}), *run.get("samples", ())):
            numbers.update({name: float("nan") for name, value in numbers.items() if value is None})
    return raw

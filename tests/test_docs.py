"""What the README says of commands, JSON lines, options and limits is what the code does."""

import re
from pathlib import Path

import pytest
from chatd_client import chat

from chatd.__main__ import _parser
from chatd.protocol.dialects import JSONL
from chatd.protocol.events import WIRE_EVENTS, Event
from chatd.protocol.limits import DEFAULT, KIB, MIB
from chatd.protocol.names import RESERVED
from chatd.protocol.requests import COMMANDS, REQUESTS, Request
from loadtests.reports import readme
from loadtests.reports.document import read

README = (Path(__file__).parent.parent / "README.md").read_text()


def block(name: str) -> list[str]:
    found = re.search(rf"```json {name}\n(.*?)```", README, re.DOTALL)
    assert found
    return found[1].splitlines()


def test_the_table_of_commands_is_made_of_the_requests() -> None:
    rows = [f"| `{command.syntax}` | {command.help} |" for command in COMMANDS]
    assert "| you type | what it does |\n|---|---|\n" + "\n".join(rows) + "\n\n" in README


def test_there_is_an_example_of_every_request_and_each_is_understood() -> None:
    requests = [JSONL.parse(line.encode()) for line in block("to-server")]
    assert {type(request) for request in requests} == set(REQUESTS)
    for request, line in zip(requests, block("to-server"), strict=True):
        assert isinstance(request, Request)
        assert JSONL.encode_request(request).decode() == line + "\n"


def test_there_is_an_example_of_every_event_and_each_is_what_the_server_writes() -> None:
    events = [JSONL.parse_event(line.encode()) for line in block("from-server")]
    assert {type(event) for event in events} == set(WIRE_EVENTS.__args__)
    for event, line in zip(events, block("from-server"), strict=True):
        assert isinstance(event, Event)
        assert JSONL.encode(event).decode() == line + "\n"


def test_the_usage_is_the_parsers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert _parser().format_usage() in README


def test_the_reserved_names_are_all_named() -> None:
    for name in RESERVED:
        assert f"`{name}`" in README


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("a line to the server | 4,096 bytes", DEFAULT.line == 4096),
        ("a line before the name is given | 1,024 bytes", DEFAULT.line_before_name == 1024),
        ("time to give a name | 30 s", DEFAULT.name_time == 30),
        ("room messages waiting for a client | 1 MiB", DEFAULT.room_waiting == MIB),
        ("replies and direct messages waiting | 256 KiB", DEFAULT.private_waiting == 256 * KIB),
        ("the same, without a name | 4 KiB", DEFAULT.nameless_waiting == 4 * KIB),
        ("no byte taken while data waits | 120 s", DEFAULT.stall == 120),
        ("a burst of 20, then 10 a second", (DEFAULT.line_burst, DEFAULT.line_rate) == (20, 10)),
        ("32 lines are read ahead", DEFAULT.read_ahead == 32),
        ("merged, at most every 250 ms", DEFAULT.notice_interval == 0.25),
    ],
)
def test_the_limits_are_the_defaults(row: str, value: bool) -> None:
    assert row in README
    assert value


def test_the_figures_are_those_of_the_record() -> None:
    begin, end = readme.block(README, readme.FIGURES)
    assert README[begin:end] == readme.render(read(readme.RECORD))
    begin, end = readme.block(README, readme.OTHERS)
    assert README[begin:end] == readme.render_peers(read(readme.PEERS))


def test_the_bot_is_the_one_that_a_test_runs() -> None:
    found = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert found
    shown = [line[4:] for line in (chat.__doc__ or "").splitlines() if line.startswith("    ") or not line]
    assert found[1].strip() in "\n".join(shown)

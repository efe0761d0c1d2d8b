"""What the README and `docs/` say is what the code does and the records hold."""

import os
import re
import shlex
import socket
import subprocess
import textwrap
from pathlib import Path

import pytest

from chatd.commands.table import COMMANDS
from chatd.net.transports import tcp
from chatd.protocol.limits import DEFAULT
from chatd.protocol.version import SERVER
from chatd.settings.arguments import server_parser
from chatd.state.stored_accounts import UNREAD_MOST
from chatd.state.stored_entries import PAGE_LIMIT
from chatd_client import chat
from tests.support.doc_pages import examples, page
from tests.support.screen_terminal import WATCHDOG, TextTalker, chatd
from tools.docs import limits, marks, words
from tools.docs.__main__ import BLOCKS, FILES, ROOT, text_of

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


# -- what is generated ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*FILES, *BLOCKS])
def test_what_is_generated_is_up_to_date(name: str) -> None:
    assert page(name) == text_of(name), f"please run `make docs`: {name} is not what the code says"


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_block_of_a_page_is_known(path: Path) -> None:
    made_elsewhere = ["screen"] if path.name == "README.md" and path.parent == ROOT else []
    text = re.sub(r"`<!--.*?-->`", "", path.read_text())  # where a page speaks of the marks
    assert sorted(marks.names(text)) == sorted([*BLOCKS.get(named(path), ()), *made_elsewhere])


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_link_into_the_repository_leads_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text()):
        if not link.startswith("https://"):
            assert (path.parent / link).exists(), link


def test_every_page_of_the_documentation_is_linked_from_its_list() -> None:
    for path in (ROOT / "docs").glob("*.md"):
        if path.name != "README.md":
            assert f"](docs/{path.name})" in page("README.md")
            assert f"]({path.name})" in page("docs/README.md")


def test_the_readme_is_a_page_and_the_picture_is_small() -> None:
    assert len(page("README.md").encode()) < 6000
    for name in FILES:
        assert (ROOT / name).stat().st_size < 30_000


# -- what is written by hand ---------------------------------------------------------------------------


def test_the_bot_is_the_one_that_a_test_runs() -> None:
    shown = [line[4:] for line in (chat.__doc__ or "").splitlines() if line.startswith("    ") or not line]
    bot = examples("docs/bots.md", "python").strip()
    assert "\nfrom chatd_client import Chat" in bot and bot in "\n".join(shown)


def test_every_limit_of_which_a_page_tells_the_consequence_is_one() -> None:
    _, told = page("docs/limits.md").split("## What happens at a limit\n")
    items = re.findall(r"^\* (`[^:]+`):", told, re.MULTILINE)
    assert len(items) > 5
    for name in re.findall(r"`(\w+)`", " ".join(items)):
        assert name in limits.UNITS


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("README.md", f"* {SERVER} - what is your name?"),
        ("docs/protocol.md", f'"server":"{SERVER}"'),
        ("docs/commands.md", f"A name has 1 to {DEFAULT.name} characters from"),
        ("docs/protocol.md", f"a string of at most {DEFAULT.ref} bytes; the answer"),
        ("docs/protocol.md", f"a string of at most {DEFAULT.key} bytes, and makes"),
        ("docs/protocol.md", f"within {DEFAULT.key_time_memory / 60:g} minutes where the log"),
        ("docs/protocol.md", f"may have up to {DEFAULT.message_lines} lines"),
        ("docs/protocol.md", f"in at most {DEFAULT.rooms_a_person} rooms beside the lobby"),
        ("docs/protocol.md", f"the largest {DEFAULT.rooms_listed} rooms"),
        ("docs/protocol.md", f"`limit` messages, {PAGE_LIMIT} at most"),
        ("docs/protocol.md", f"at most {limits.size(DEFAULT.page_bytes)} of text"),
        ("docs/protocol.md", f"has the newest {limits.count(DEFAULT.recent)} entries"),
        ("docs/protocol.md", f"For {limits.time(DEFAULT.away_time)} after a connection was lost"),
        ("docs/protocol.md", f"more than {limits.count(DEFAULT.missed)} messages"),
        ("docs/protocol.md", f"yours: the answer carries it; at most {DEFAULT.ref} bytes"),
        ("docs/protocol.md", f"1 to {DEFAULT.key} bytes: the same key"),
        ("docs/protocol.md", f"the message: at most {DEFAULT.message_lines} lines"),
        ("docs/protocol.md", f"how many; more than {PAGE_LIMIT} are {PAGE_LIMIT}"),
        ("docs/protocol.md", f"the new one, at most {DEFAULT.topic} characters"),
        ("docs/protocol.md", f"for the others, at most {DEFAULT.reason} characters"),
        ("docs/protocol.md", f"at most {DEFAULT.rooms_listed}, those with most people first"),
        ("docs/protocol.md", f"silent for {limits.time(DEFAULT.greet_after)} is greeted"),
        ("docs/protocol.md", f"They have {DEFAULT.password_least} to {DEFAULT.password} bytes,"),
        ("docs/protocol.md", f"not used for {limits.time(DEFAULT.device_time)}, or"),
        ("docs/protocol.md", f"of more than {DEFAULT.devices}, has to give the password again"),
        ("docs/protocol.md", f"Any number of connections ({DEFAULT.sessions} at most)"),
        ("docs/protocol.md", f"{UNREAD_MOST:,} stands for so many or more, your own"),
        ("docs/protocol.md", f"{DEFAULT.caught_up} messages of each of its two lists"),
        ("docs/accounts.md", f"at most {DEFAULT.devices} devices with a token"),
        ("docs/accounts.md", f"and {DEFAULT.sessions} connections at a time"),
        ("docs/accounts.md", f"after {limits.time(DEFAULT.device_time)} without use"),
        ("docs/accounts.md", f"counts stop at {UNREAD_MOST:,}."),
        ("docs/accounts.md", f"at most {DEFAULT.caught_up} messages of each kind"),
        (
            "docs/accounts.md",
            f"{DEFAULT.login_burst} wrong passwords, then {limits.rate(DEFAULT.login_rate)};",
        ),
        (
            "docs/accounts.md",
            f"{DEFAULT.account_burst} for one account, then {limits.rate(DEFAULT.account_rate)},",
        ),
        ("docs/accounts.md", f"more than {DEFAULT.passwords_waiting} that wait are told `busy`"),
        ("docs/accounts.md", f"registers {DEFAULT.registrations} names in an hour"),
        ("docs/accounts.md", f"at most {DEFAULT.accounts:,} accounts"),
        (
            "docs/accounts.md",
            f"{DEFAULT.rename_burst} names, then one every {1 / DEFAULT.rename_rate:g} s",
        ),
        ("docs/protocol.md", f"`seconds`** are 1 to {DEFAULT.longest:,} (ten years"),
        ("docs/options.md", f"for at most {limits.time(DEFAULT.down_time)}."),
        ("docs/network.md", f"as many clients as that allows, less {DEFAULT.spare_files};"),
        ("docs/figures.md", f"as long as it worked, {limits.time(DEFAULT.rest_max)} at most"),
    ],
)
def test_a_number_in_a_sentence_is_that_of_the_code(name: str, sentence: str) -> None:
    assert sentence in page(name).replace("\n", " ")


def test_the_servers_that_the_pages_start_can_be_started_so() -> None:
    found = [
        line.strip()
        for path in PAGES
        for line in re.findall(
            r"^(?:ExecStart=/opt/chatd/bin/| {4}(?:\.venv/bin/)?)(chatd .*)$", path.read_text(), re.MULTILINE
        )
    ]
    assert len(found) >= 2
    for command in found:
        words = shlex.split(command)[1:]
        if words and words[0] in COMMANDS:
            COMMANDS[words[0]].parser().parse_args(words[1:])
            continue
        for uri in server_parser().parse_args(words).listen or ():
            tcp.parse(uri)


def test_the_session_with_nc_is_what_the_server_says() -> None:
    """Every line of it, in order: those that alice types are sent, all others have to come."""
    found = re.search(r"^ {4}\$ nc 127\.0\.0\.1 5050\n((?: {4}.*\n)+)", page("README.md"), re.MULTILINE)
    assert found
    with chatd() as (_, port), socket.create_connection(("127.0.0.1", port), timeout=WATCHDOG) as alice:
        stream, bob = alice.makefile("rw", newline="\n"), None
        for line in textwrap.dedent(found[1]).splitlines():
            if not re.match(r"[*<\[] ?", line):
                stream.write(f"{line}\n")
                stream.flush()
                continue
            if line == "* bob joined":
                bob = TextTalker(port, "bob")
            elif bob and line.startswith("<bob> "):
                bob.says(line.removeprefix("<bob> "))
            elif bob and line.startswith("* bob lost connection"):
                bob.hears(r"\[dm from alice\]")
                bob.__exit__()
            assert stream.readline() == f"{line}\n"
        assert stream.read() == ""


# -- make ----------------------------------------------------------------------------------------------


def made(*arguments: str) -> str:
    """What make says, also where the tests are themselves run by make."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    command = ["make", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_make_help_describes_every_target_and_is_what_plain_make_does() -> None:
    phony = re.search(r"^\.PHONY: (.+)$", words.MAKEFILE.read_text(), re.MULTILINE)
    assert phony
    described = dict(words.targets())
    assert sorted(described) == sorted(phony[1].split())
    text = made("help")
    assert text == made()
    assert [re.split(r"\s{2,}", line, maxsplit=1) for line in text.splitlines()] == [
        [f"make {name}", what] for name, what in words.targets()
    ]


def test_make_passes_options_to_the_server() -> None:
    text = made("--dry-run", "run", "ARGS=--listen tcp://127.0.0.1:6000")
    assert text.splitlines()[-1].endswith("/chatd --listen tcp://127.0.0.1:6000")

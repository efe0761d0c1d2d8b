"""The laws of the design, held by walking the code: who may import what, and how large a piece may grow."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

#: Module prefix -> row. The longest prefix wins.
ROWS = {
    "chatd": 0,
    "chatd.protocol": 0,
    "chatd.protocol.errors": 0,
    "chatd.protocol.requests": 0,
    "chatd.protocol.events": 0,
    "chatd.config": 0,
    "chatd.protocol.limits": 0,
    "chatd.protocol.names": 0,
    "chatd.protocol.sanitize": 0,
    "chatd.protocol.framing": 1,
    "chatd.protocol.dialects": 1,
    "chatd.state": 2,
    "chatd.state.outbox": 2,
    "chatd.state.sessions": 2,
    "chatd.state.notices": 2,
    "chatd.state.feed": 2,
    "chatd.state.rooms": 2,
    "chatd.state.roster": 2,
    "chatd.state.token_bucket": 2,
    "chatd.behaviour": 3,
    "chatd.behaviour.messages": 3,
    "chatd.behaviour.queries": 3,
    "chatd.behaviour.fanout": 3,
    "chatd.behaviour.presence": 3,
    "chatd.behaviour.dispatch": 3,
    "chatd.net": 4,
    "chatd.net.logs": 4,
    "chatd.net.os_errors": 4,
    "chatd.net.yielding": 4,
    "chatd.net.listeners": 4,
    "chatd.net.flusher": 4,
    "chatd.net.poll_interval": 4,
    "chatd.net.connection": 4,
    "chatd.net.server": 4,
    "chatd.__main__": 5,
}

#: What rows 0-3 may use from outside: nothing that opens, waits, logs or prints.
PURE = ("collections", "dataclasses", "enum", "hmac", "msgspec", "re", "typing", "urllib.parse")

MODULE_LINES = 300
FUNCTION_LINES = 45


def modules(*folders: str) -> list[tuple[str, Path]]:
    found = []
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found.append((name.removesuffix(".__init__"), path))
    return found


def imports(path: Path) -> Iterator[str]:
    """Every absolute module name that `path` imports, `from a import b` as both a and a.b."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def row_of(name: str) -> int | None:
    """The row of the longest prefix; None for what is not ours. A name imported from a package counts as
    the package unless it is a module of its own."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        row = ROWS.get(".".join(parts[:end]))
        if row is not None:
            return row
    return None


def test_every_module_has_a_row() -> None:
    found = {name for name, _ in modules("chatd")}
    assert {
        name for name in found if not any(name == row or name.startswith(row + ".") for row in ROWS)
    } == set()
    assert set(ROWS) <= found


@pytest.mark.parametrize(("name", "path"), modules("chatd"), ids=str)
def test_a_module_imports_only_from_its_row_or_above(name: str, path: Path) -> None:
    row = row_of(name)
    assert row is not None
    for imported in imports(path):
        theirs = row_of(imported)
        if theirs is not None:
            assert theirs <= row, f"{name} (row {row}) imports {imported} (row {theirs})"
        elif row <= 3:
            assert f"{imported}.".startswith(tuple(f"{name}." for name in PURE)), (
                f"{name} (row {row}) imports {imported}"
            )


@pytest.mark.parametrize(("name", "path"), modules("client/chatd_client", "loadtests"), ids=str)
def test_the_other_side_uses_the_shared_rows_only(name: str, path: Path) -> None:
    for imported in imports(path):
        row = row_of(imported)
        # The benchmark's launcher is the server's entry with a monitor around it.
        if row is not None and name != "loadtests.servers.watched":
            assert row <= 1, f"{name} imports {imported} (row {row})"


@pytest.mark.parametrize(("name", "path"), modules("chatd", "client", "loadtests", "tests", "tools"), ids=str)
def test_size(name: str, path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= MODULE_LINES, f"{name} is two modules"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= FUNCTION_LINES, f"{name}.{node.name} is two functions"


def test_the_walk_sees_imports_inside_functions(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden.py"
    hidden.write_text("def f():\n    import socket\n    from gevent import sleep\n")
    assert list(imports(hidden)) == ["socket", "gevent", "gevent.sleep"]


def test_rows_0_to_3_load_no_gevent() -> None:
    """Importing them must not bring in what waits by a back door."""
    pure = [name for name, row in ROWS.items() if row <= 3]
    code = f"import sys, {', '.join(pure)}; sys.exit('gevent' in sys.modules or 'socket' in sys.modules)"
    # Without the variables by which a measurement of coverage would import its own helpers there.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=clean, check=False).returncode == 0

"""The laws of the design, held by walking the code: who may import what, and how large a piece may grow."""

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.layers import (
    LAYERS,
    ROOT,
    circles,
    depth,
    import_graph,
    imports,
    is_pure,
    layer_of,
    modules,
)

SERVER = modules("chatd")
OTHERS = modules("client/chatd_client", "loadtests")
LOAD_SUITE = modules("loadtests")
EVERYTHING = modules("chatd", "client", "loadtests", "tests", "tools")

#: What the layers that never wait may use from outside: nothing that opens, waits, logs or prints.
ALLOWED = (
    "collections",
    "dataclasses",
    "enum",
    "hmac",
    "ipaddress",
    "msgspec",
    "re",
    "typing",
    "unicodedata",
    "urllib.parse",
)

#: The folders of the load suite, lowest first; what is in none of them is its commands.
LOAD_FOLDERS = (
    "measure",
    "servers",
    "engine",
    "scenarios",
    "reports",
    "plans",
    "locust_ui",
    "locustfiles",
    "commands",
)

MODULE_LINES = 300
FUNCTION_LINES = 45


def test_every_folder_and_module_of_chatd_is_a_layer() -> None:
    folders = {path.relative_to(ROOT / "chatd").parts[0] for path in (ROOT / "chatd").glob("*/**/*.py")}
    files = {path.stem for path in (ROOT / "chatd").glob("*.py")} - {"__init__"}
    assert folders | files == set(LAYERS)
    assert all((path.parent / "__init__.py").is_file() for _, path in SERVER)


@pytest.mark.parametrize(("name", "path"), SERVER, ids=str)
def test_a_module_imports_only_from_its_layer_or_above(name: str, path: Path) -> None:
    layer = layer_of(name)
    assert layer is not None
    for imported in imports(path):
        theirs = layer_of(imported)
        if theirs is not None:
            assert depth(theirs) <= depth(layer), f"{name} ({layer}) imports {imported} ({theirs})"
        elif is_pure(name):
            assert f"{imported}.".startswith(tuple(f"{name}." for name in ALLOWED)), (
                f"{name} imports {imported}"
            )


def test_there_is_no_circle() -> None:
    assert circles(import_graph(SERVER)) == []
    assert circles(import_graph(OTHERS)) == []


@pytest.mark.parametrize(("name", "path"), OTHERS, ids=str)
def test_the_other_side_imports_the_protocol_only(name: str, path: Path) -> None:
    for imported in imports(path):
        assert layer_of(imported) in (None, "protocol"), f"{name} imports {imported}"


def load_folder(name: str) -> int | None:
    """How high the folder of a module of the load suite stands; None for another package's module."""
    package, *rest = name.split(".")
    if package != "loadtests" or not rest:
        return None
    return LOAD_FOLDERS.index(rest[0] if rest[0] in LOAD_FOLDERS else "commands")


@pytest.mark.parametrize(("name", "path"), LOAD_SUITE, ids=str)
def test_a_folder_of_the_load_suite_imports_from_those_below_it_only(name: str, path: Path) -> None:
    for imported in imports(path):
        theirs, ours = load_folder(imported), load_folder(name)
        assert theirs is None or ours is None or theirs <= ours, f"{name} imports {imported}"


def test_every_folder_of_the_load_suite_has_its_place() -> None:
    folders = {path.parent.name for name, path in LOAD_SUITE if path.parent.name != "loadtests"}
    assert folders == set(LOAD_FOLDERS) - {"commands"}


def type_aliases(path: Path) -> Iterator[str]:
    """Names like those of classes that a module gives to something at its top level."""
    for node in ast.parse(path.read_text()).body:
        for target in node.targets if isinstance(node, ast.Assign) else ():
            if isinstance(target, ast.Name) and re.match("[A-Z]+[a-z]", target.id):
                yield target.id


def test_a_class_name_means_one_thing_in_the_whole_repository() -> None:
    found = Counter(
        node.name
        for _, path in EVERYTHING
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    )
    found.update(name for _, path in EVERYTHING for name in type_aliases(path))
    assert [name for name, count in found.items() if count > 1] == []


@pytest.mark.parametrize(("name", "path"), EVERYTHING, ids=str)
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


def written(folder: Path, texts: dict[str, str]) -> list[tuple[str, Path]]:
    """Modules of these names with these texts."""
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    return [(name, folder / f"{name}.py") for name in texts]


def test_a_circle_is_seen_also_where_type_checkers_alone_see_it(tmp_path: Path) -> None:
    texts = {
        "one": "from two import f",
        "two": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from three.four import g",
        "three": "",
        "three.four": "def f():\n    import one",
        "alone": "import three",
    }
    assert circles(import_graph(written(tmp_path, texts))) == [["one", "two", "three.four", "one"]]


def test_a_circle_through_a_packages_own_file_is_seen(tmp_path: Path) -> None:
    texts = {
        "package": "from package import tcp\nfrom package.contract import Scheme",
        "package.tcp": "from package import NAME, contract",
        "package.contract": "from package import tcp as other",
    }
    assert circles(import_graph(written(tmp_path, texts))) == [
        ["package", "package.contract", "package.tcp", "package"],
        ["package.contract", "package.tcp", "package.contract"],
    ]


def test_the_pure_layers_load_no_gevent() -> None:
    """Importing them must not bring in what waits by a back door."""
    pure = [name for name, _ in SERVER if is_pure(name)]
    code = f"import sys, {', '.join(pure)}; sys.exit('gevent' in sys.modules or 'socket' in sys.modules)"
    # Without the variables by which a measurement of coverage would import its own helpers there.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=clean, check=False).returncode == 0

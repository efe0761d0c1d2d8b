"""Which Pythons the gate finds, and what it makes of one that fails."""

import sys
import tomllib
from pathlib import Path

import pytest

from tools import interpreters
from tools.interpreters import ROOT, SMOKE, SUPPORTED, Interpreter, find, folders

WORKS = "#!/bin/sh\necho 3.12.9\n"
REFUSES = "#!/bin/sh\necho 'pyenv: python3.12: command not found' >&2\nexit 127\n"
OTHER = "#!/bin/sh\necho 3.11.4\n"
BROKEN = "no program at all"


def put(folder: Path, script: str, mode: int = 0o755) -> Path:
    """A python3.12 in this folder."""
    folder.mkdir(parents=True)
    path = folder / "python3.12"
    path.write_text(script)
    path.chmod(mode)
    return folder


def test_the_first_that_works_is_taken(tmp_path: Path) -> None:
    places = [
        tmp_path / "nowhere",
        put(tmp_path / "shim", REFUSES),
        put(tmp_path / "other", OTHER),
        put(tmp_path / "broken", BROKEN),
        put(tmp_path / "data", WORKS, 0o644),
        put(tmp_path / "works", WORKS),
        put(tmp_path / "later", WORKS),
    ]
    assert find("3.12", places) == Interpreter(tmp_path / "works" / "python3.12", "3.12.9")
    assert find("3.12", places[:5]) is None
    assert find("3.13", places) is None


def test_this_one_is_found() -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = find(version, [Path(sys.base_prefix) / "bin"])
    assert found is not None and found.version == sys.version.split()[0]


def test_they_are_looked_for_in_path_then_with_pyenv_and_uv(tmp_path: Path) -> None:
    for name in (".pyenv/versions/3.12.1", ".pyenv/versions/3.12.7", ".local/share/uv/python/cpython-3.12"):
        (tmp_path / name / "bin").mkdir(parents=True)
    assert folders({"PATH": "/usr/bin::/bin"}, tmp_path) == [
        Path("/usr/bin"),
        Path("/bin"),
        tmp_path / ".pyenv/versions/3.12.7/bin",
        tmp_path / ".pyenv/versions/3.12.1/bin",
        tmp_path / ".local/share/uv/python/cpython-3.12/bin",
    ]
    assert folders({"PYENV_ROOT": "/elsewhere"}, tmp_path / "empty") == []


@pytest.mark.parametrize("passes", [True, False])
def test_a_failure_is_loud_and_what_is_missing_is_named(
    passes: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    others = [version for version in SUPPORTED if version != f"3.{sys.version_info.minor}"]

    def found(version: str, places: object) -> Interpreter | None:
        return Interpreter(Path("/python"), f"{version}.0") if version == others[0] else None

    monkeypatch.setattr(interpreters, "find", found)
    monkeypatch.setattr(interpreters, "smoke", lambda interpreter, version: passes)
    assert interpreters.main() == (0 if passes else 1)
    said = capsys.readouterr().out
    assert f"Not found: {', '.join(others[1:])}." in said
    assert f"Smoke tests passed on: {f'{others[0]}.0' if passes else 'none'}." in said
    assert (f"FAILED on Python {others[0]}.0" in said) is not passes


def test_an_environment_that_cannot_be_made_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The interpreter starts, and then cannot make one; with the project's own Makefile."""
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(interpreters, "ROOT", tmp_path)
    fails = put(tmp_path / "bin", "#!/bin/sh\necho 'no space left' >&2\nexit 1\n") / "python3.12"
    assert not interpreters.smoke(Interpreter(fails, "3.12.9"), "3.12")
    assert "no space left" in capfd.readouterr().err


def test_what_is_promised_is_looked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    prefix = "Programming Language :: Python :: 3."
    promised = [line.rpartition(" ")[2] for line in project["classifiers"] if line.startswith(prefix)]
    assert promised == list(SUPPORTED[:3])
    assert project["requires-python"] == f">={SUPPORTED[0]}"


def test_the_smoke_tests_are_there() -> None:
    assert [path for path in SMOKE if not (ROOT / path).is_file()] == []

"""Files are whole or not there, whatever happens while they are written."""

import os
import resource
import signal
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadtests.measure.result import Document
from loadtests.reports import files
from loadtests.reports.files import put, writable


def written(monkeypatch: pytest.MonkeyPatch, **asked: tuple[Path | None, str]) -> list[str]:
    """What is said of these files, by form, with such texts."""
    forms = {form: ("", lambda _, text=text: text) for form, (_, text) in asked.items()}
    monkeypatch.setattr(files, "FORMS", forms)
    paths = {form: path and str(path) for form, (path, _) in asked.items()}
    return files.write(Document({}, "", ""), Namespace(**paths))


@contextmanager
def full_after(size: int) -> Iterator[None]:
    """No file of this process may become longer: as on a disk that is full, the kernel refuses the write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("word", ["", "{folder}", "{folder}/none/out.json", "/proc/none.json"])
def test_a_path_that_cannot_be_written_is_told_before(word: str, tmp_path: Path) -> None:
    with pytest.raises(ArgumentTypeError, match=r"cannot be written \(.+\); please give another"):
        writable(word.format(folder=tmp_path))


def test_a_path_that_can_be_written_is_looked_at_without_a_trace(tmp_path: Path) -> None:
    assert writable(str(tmp_path / "new.json")) == str(tmp_path / "new.json") and not list(tmp_path.iterdir())
    put(Path(writable("/dev/null")), "what is no file is not replaced by one")
    assert Path("/dev/null").is_char_device()


def test_a_file_has_the_permissions_that_any_new_file_has(tmp_path: Path) -> None:
    put(tmp_path / "a", "new")
    (tmp_path / "b").write_text("new")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    put(path, "old")
    with full_after(1000):
        (failed,) = written(monkeypatch, html=(path, "x" * 5000))
    assert failed.startswith(f"{path} was not written (File too large)")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    (failed,) = written(monkeypatch, html=(Path("/dev/full"), "x"))
    assert failed.startswith("/dev/full was not written (No space left on device)")


def test_a_folder_that_vanished_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(writable(str(tmp_path / "out.json")))
    tmp_path.rmdir()
    (failed,) = written(monkeypatch, html=(path, "x"))
    assert failed.startswith(f"{path} was not written (No such file or directory)")


def test_an_interruption_while_writing_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    put(path, "old")
    monkeypatch.setattr(os, "fsync", lambda _: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        put(path, "new")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_one_form_that_cannot_be_written_does_not_keep_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b").mkdir()
    asked = {name: (tmp_path / name, name) for name in "abc"}
    failed = written(monkeypatch, **asked, none=(None, ""))
    assert [sentence.partition(" (")[0] for sentence in failed] == [f"{tmp_path / 'b'} was not written"]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["a", "c"]
    assert capsys.readouterr().out == f"written: {tmp_path / 'a'}\nwritten: {tmp_path / 'c'}\n"

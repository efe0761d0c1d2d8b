"""What all tests share."""

import contextlib
from itertools import count
from pathlib import Path

import pytest

_folders = count()


@pytest.fixture(autouse=True)
def state_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's state folder of a test is empty: ports come back, and what a test before kept for the same
    HOST:PORT would be used. It is made by whoever writes there."""
    monkeypatch.setenv("XDG_STATE_HOME", str(Path(tmp_path_factory.getbasetemp(), f"state-{next(_folders)}")))


with contextlib.suppress(ImportError):  # the smoke tests do without
    from tests.support.examples import every_run_looks_at_the_same

    every_run_looks_at_the_same()

"""`python -m tools.interpreters`: the smoke tests on every other Python that is supported and that is here.

Looked for are python3.11 and so on, in the folders of PATH and where pyenv and uv keep theirs. One counts
when it starts, is what its name says, and can make a virtual environment: a shim of pyenv may refuse, and
Debian packs `venv` separately. Each gets an environment of its own below `.venv`. Where that cannot be made,
or a test fails, this fails; an interpreter that is not here is only named.
"""

import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent

#: The last of them where it can be had; the others are promised (pyproject.toml).
SUPPORTED: Final = ("3.11", "3.12", "3.13", "3.14")

#: Small, and everything once: the server's log, signals and listeners, both dialects, the client in a pipe
#: and as a class, the installed commands, a load scenario.
SMOKE: Final = (
    "tests/test_smoke.py",
    "tests/test_main.py",
    "tests/net/test_logs.py",
    "tests/net/test_server.py",
    "tests/net/test_signals.py",
    "tests/client/test_chat.py",
    "tests/client/test_tools.py",
)

_PROBE: Final = "import ensurepip, platform, venv; print(platform.python_version())"
#: Seconds for an interpreter to start.
_PATIENCE: Final = 20


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that works, and its whole version."""

    path: Path
    version: str


def folders(environment: dict[str, str], home: Path) -> list[Path]:
    """Where interpreters may be."""
    found = [Path(folder) for folder in environment.get("PATH", "").split(os.pathsep) if folder]
    pyenv = Path(environment.get("PYENV_ROOT") or home / ".pyenv")
    for root in (pyenv / "versions", home / ".local/share/uv/python"):
        found += sorted(root.glob("*/bin"), reverse=True)
    return found


def find(version: str, places: Iterable[Path]) -> Interpreter | None:
    """The first that works."""
    for folder in places:
        path = folder / f"python{version}"
        if os.access(path, os.X_OK) and (whole := _whole_version(path)).startswith(f"{version}."):
            return Interpreter(path, whole)
    return None


def _whole_version(path: Path) -> str:
    """What it says of itself; empty where it does not start or lacks something."""
    try:
        done = subprocess.run(
            [path, "-c", _PROBE], capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def smoke(interpreter: Interpreter, version: str) -> bool:
    """Whether the smoke tests pass on it, in an environment that make sets up when there is none yet."""
    print(f"\nPython {interpreter.version}, the smoke tests: {interpreter.path}", flush=True)
    venv = Path(".venv", f"python{version}")
    # Nothing of the make that runs this: neither its flags nor its variables.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return all(
        subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0
        for command in (
            ["make", "-s", f"VENV={venv}", f"PYTHON={interpreter.path}", str(venv / ".smoke")],
            [str(venv / "bin/python"), "-m", "pytest", *SMOKE],
        )
    )


def main() -> int:
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    places = folders(dict(os.environ), Path.home())
    found = {version: find(version, places) for version in SUPPORTED if version != own}
    passed: list[str] = []
    failed: list[str] = []
    missing: list[str] = []
    for version, interpreter in found.items():
        if interpreter is None:
            missing.append(version)
        else:
            (passed if smoke(interpreter, version) else failed).append(interpreter.version)
    print(f"\nPython {own} runs the whole suite (make check).", end=" ")
    print(f"Smoke tests passed on: {', '.join(passed) or 'none'}.", end=" ")
    print(f"Not found: {', '.join(missing) or 'none'}.")
    if failed:
        print(f"FAILED on Python {', '.join(failed)}; see above.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

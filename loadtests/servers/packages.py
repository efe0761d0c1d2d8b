"""The peers are Debian packages: a missing one is installed where that is possible, without starting its
service.

Installing a server's package normally starts it as a service on its default port. Debian asks `policy-rc.d`
before it does so; where there is none, one that refuses is put there while apt runs. apt's package lists are
updated only when installing failed: a fresh container has none, and old ones name files that are gone.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from loadtests.measure.errors import Unusable

#: The script that Debian asks whether a service may be started; exit code 101 is "no".
_POLICY: Final = Path("/usr/sbin/policy-rc.d")
_REFUSAL: Final = "#!/bin/sh\nexit 101\n"
#: Where Debian installs servers; not on everyone's PATH.
_FOLDERS: Final = ("/usr/sbin", "/usr/bin")


def find(program: str) -> str | None:
    """The program's path, or None."""
    return shutil.which(program, path=os.pathsep.join((os.environ.get("PATH", ""), *_FOLDERS)))


def installed(program: str, package: str) -> str:
    """The program's path; its package is installed where it is missing. Raises Unusable."""
    if path := find(program):
        return path
    if shutil.which("apt-get") is None:
        raise Unusable(f"{package} is not here, and this is not Debian; please install {program} by hand")
    if os.geteuid() != 0:
        raise Unusable(f"{package} is not installed; please run: sudo apt-get install {package}")
    with _no_services():
        failure = _apt("install", package)
        if failure and not _apt("update"):
            failure = _apt("install", package)
    if not failure and (path := find(program)):
        return path
    reason = failure or f"it holds no {program}"
    raise Unusable(f"{package} cannot be installed ({reason}); please install it by hand")


def _apt(*words: str) -> str:
    """apt's error in one line; empty when it succeeded."""
    done = subprocess.run(
        ["apt-get", "-q", "-y", "--no-install-recommends", *words],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.returncode:
        return ""
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("E:")]
    return lines[-1].removeprefix("E:").strip() if lines else f"apt-get ended with {done.returncode}"


@contextmanager
def _no_services() -> Iterator[None]:
    """No package starts its service meanwhile. An existing policy is left as it is: someone chose it."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text(_REFUSAL)
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()

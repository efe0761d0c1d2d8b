"""Where the client keeps its files: the XDG base directory specification, and whose home it is."""

import os
import pwd
from collections.abc import Callable, Mapping
from pathlib import Path


def home_folder(environ: Mapping[str, str] = os.environ) -> Path | None:
    """$HOME, or the home in the password database where that is empty, unset or relative; None without one.

    A relative path is never taken: files would appear in whatever folder the client was started in.
    """
    candidates: tuple[Callable[[], str], ...] = (lambda: environ.get("HOME", ""), _home_of_the_user)
    return next((Path(home) for find in candidates if (home := find()).startswith("/")), None)


def _home_of_the_user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:  # a user id that nobody has, as in some containers
        return ""


def xdg_folder(variable: str, fallback: str, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The folder in `variable`, else `fallback` in the home, else None. The specification demands that a
    relative path is ignored.
    """
    given = environ.get(variable, "")
    if given.startswith("/"):
        return Path(given)
    home = home_folder(environ)
    return None if home is None else home / fallback

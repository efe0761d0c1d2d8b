"""Programs beside which the server is tried, where they are installed."""

import shutil

import pytest


def needs(*programs: str) -> pytest.MarkDecorator:
    """A test is skipped where one of these is missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} cannot be found")

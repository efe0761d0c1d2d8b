"""What all tests share."""

import contextlib

with contextlib.suppress(ImportError):  # the smoke tests do without
    from tests.support.examples import every_run_looks_at_the_same

    every_run_looks_at_the_same()

"""Which chatd this is: `--version`, the greeting and `welcome` say it, and the package is built with it."""

from typing import Final

__version__ = "0.1.0"

#: How the server names itself in its greeting and in `welcome`.
SERVER: Final = f"chatd {__version__}"

"""The coverage law, after a measured run: 100 % of the layers that never wait, lines and branches.

`make test` calls this; the 95 % of the whole are coverage's own --fail-under.
"""

import sys
from subprocess import run

from tests.support.layers import is_pure, modules

if __name__ == "__main__":
    pure = [str(path) for name, path in modules("chatd") if is_pure(name)]
    command = ["coverage", "report", "--fail-under=100", "--include", ",".join(pure)]
    sys.exit(run([sys.executable, "-m", *command], check=False).returncode)

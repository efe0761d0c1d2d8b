"""What costs next to nothing, for tests that are not about what it costs."""

from typing import Final

from chatd.net.passwords import Costs

#: The least that argon2 takes: a password takes some 10 us.
CHEAP: Final = Costs(memory=8, passes=1, lanes=1)

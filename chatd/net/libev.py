"""What gevent's event loop calls by number: the names are libev's."""

from typing import Final

#: What an `io` watcher waits for: EV_READ and EV_WRITE.
READ: Final = 1
WRITE: Final = 2
#: EV_MAXPRI: a watcher of this priority is called before all others that are due.
FIRST: Final = 2

"""The load test: locust users that speak to chatd over raw TCP and check every delivery.

`make load` is `python -m loadtests`: it starts a server of its own, runs locust without its web page, prints
the figures and fails when one delivery is missing. `locust -f loadtests/locustfile.py --host
tcp://127.0.0.1:5050` is the same by hand, with the web page.

| module | holds |
|---|---|
| `stream` | from bytes to blocks of messages, parsed once for all readers of a process |
| `ledger` | what one reader has heard of each talker: what is missing, doubled, out of order |
| `latency` | histograms that merge exactly |
| `figures` | the named statistics, as locust's own entries |
| `address` | from `tcp://HOST:PORT` to a connection |
| `users` | `ChatUser`, `Listener`, `Talker` |
| `crowd` | the users of one process, and the conductor of all processes: when to begin, when to end |
| `locustfile` | options and wiring for locust |
| `processes` | the server and locust as child processes that end with this one |
| `report` | from what was counted to the figures that are printed |
| `__main__` | `make load` |

`stream`, `ledger`, `latency`, `processes`, `report` and `__main__` import neither locust nor gevent:
importing locust patches the standard library.

| folder | holds |
|---|---|
| `engine/` | the generator: a room of raw sockets in one epoll loop, every stream compared with a reference |
| `servers/` | what is measured: how each server is started, pinned, observed and ended; the floor in C |
| `scenarios/` | what is asked of them |
| `reports/` | what came out, for terminals, README, browsers and programs |

`bench` is `make bench`: chatd and the floor in turn, pinned, with the goals. `result` is what all of it
passes around.
"""

"""The load suite: how many people, how fast, on what, compared with what.

`make load` is one scenario against a chatd of its own, with every delivery checked. `locust -f
loadtests/locustfile.py Broadcast --host tcp://127.0.0.1:5050` is the same in locust, with its web page.
`make bench` is chatd beside the floor, with goals; `make peers` is chatd beside other people's servers.

| folder | holds |
|---|---|
| `engine/` | the generator: rooms of raw sockets in one epoll loop, every stream compared with a reference |
| `servers/` | what is measured: how each server is started, pinned, observed and ended; the floor in C |
| `scenarios/` | what is asked of them: a small class each, whose fields are its options |
| `reports/` | what came out, for terminals, documentation, browsers and programs |

| module | holds |
|---|---|
| `result` | what all of it passes around: a Run, a Document |
| `latency` | the histogram that merges exactly |
| `runs` | one run, on a fresh server or one that is there; one sentence for what can go wrong |
| `campaign` | many runs: a plan's rows, interleaved, until all is measured or the time is up |
| `bench` `peers` | the two plans, with their goals |
| `__main__` | one scenario from the command line: `make load` |
| `address` | from `tcp://HOST:PORT` to a server that was found to be one |
| `locustfile` `users` `figures` | the same scenarios as locust's users, and their figures on its pages |

Only `locustfile`, `users` and `figures` import locust: it patches the standard library.
"""

"""The load suite: how many clients, how fast, on which hardware, compared with which servers.

`make load` runs one scenario against a chatd of its own and checks every delivery. `locust -f
loadtests/locustfile.py Broadcast --host tcp://127.0.0.1:5050` does the same in locust, with its web page.
`make bench` compares chatd with the floor (the same work in C), with goals; `make peers` compares it with
other people's servers.

| folder | holds |
|---|---|
| `engine/` | the load generator: raw sockets in one epoll loop, every stream compared with a reference |
| `servers/` | the servers under test: how each is started, pinned, observed and stopped; the floor in C |
| `scenarios/` | the loads: a small class each, whose fields are its options |
| `reports/` | the results, for terminals, documentation, browsers and programs |

| module | holds |
|---|---|
| `result` | the data that all others share: a Run, a Document |
| `latency` | the latency histogram, which merges exactly |
| `runs` | one run, on a fresh server or a running one; each error as one sentence |
| `campaign` | many runs: the rows of a plan, repetitions interleaved, until the time is up |
| `bench` `peers` | the two plans, with their goals |
| `__main__` | one scenario from the command line: `make load` |
| `address` | from `tcp://HOST:PORT` to a server that has answered |
| `locustfile` `users` `figures` | the same scenarios as locust's users, and their figures on its pages |

Only `locustfile`, `users` and `figures` import locust: it patches the standard library.
"""

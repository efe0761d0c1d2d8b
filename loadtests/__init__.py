"""The load suite: how many clients, how fast, on which hardware, compared with which servers.

`make load` runs one scenario against a chatd of its own and checks every delivery. In locust, `-f
loadtests/locustfile.py`, each user is one client, and every delivery is checked as well.
`make bench` compares chatd with the floor (the same work in C), with goals; `make peers` compares it with
other people's servers.

| folder | holds |
|---|---|
| `measure/` | runs, samples and latencies as data, what processes use, and the two errors that end a run |
| `servers/` | the servers under test: how each is started, pinned and stopped; the floor in C |
| `engine/` | the load generator: raw sockets in one epoll loop, every stream compared with a reference |
| `scenarios/` | the loads: a small class each, whose fields are its options |
| `reports/` | the results, for terminals, documentation, browsers and programs |
| `plans/` | which runs are made, how they go and how they end: one run, `make bench`, `make peers` |
| `locust_ui/` | locust's users, their figures in its statistics, and the report in its web UI |
| `locustfiles/` | the scenarios as files for locust |

A folder imports from those above it only. `__main__` is `make load`, `locustfile` what locust is given. Only
`locustfile`, `locustfiles/` and `locust_ui/` import locust: it patches the standard library.
"""

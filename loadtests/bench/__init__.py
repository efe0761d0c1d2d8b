"""The benchmark: what chatd costs, beside what the kernel allows.

`python -m loadtests.bench` starts the server pinned to one core and generates the load from the other, in
one loop over raw sockets without gevent, so that the generator is not what ends first; where it is, the run
says so. Figures that depend on the machine are given as ratios to a floor, a small C program (`floor.c`)
measured in turn with chatd in the same run. A missing or reordered delivery fails the run, whatever the
figures.

`__main__` reads the arguments, `scenarios` is the table of what is measured, `rooms` drives a room full of
readers and talkers, `people` direct messages; `members`, `stream`, `wire`, `histogram` are their parts;
`servers` starts and observes what is measured, `watched` runs chatd under gevent's monitor, `report` prints.
"""

"""The users of the load suite, for locust; the server must run with `--line-rate 0` where they talk fast.

    locust -f loadtests/locustfile.py Reader Talker -u 5000 -r 500 --processes 2 --headless -t 1m \\
        --host tcp://127.0.0.1:5050

Which users, how many, how fast they come, for how long, on how many processes and machines: all that is
locust's. A missing, changed, doubled or reordered delivery is a
failure: locust ends with exit code 1 and a sentence. `loadtests/locustfiles/` has ready loads with shapes.
"""

from loadtests.locust_ui.users import DirectWriter, Reader, SlowReader, Talker, Visitor

__all__ = ["DirectWriter", "Reader", "SlowReader", "Talker", "Visitor"]

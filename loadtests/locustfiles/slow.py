"""Ten of the readers do not read for `--stay` seconds, again and again: what that costs the others.

locust -f loadtests/locustfiles/slow.py --headless -u 1000 --rate 10 --size 2000 --host tcp://127.0.0.1:5050
"""

from loadtests.locust_ui import users
from loadtests.locust_ui.shapes import AllStay
from loadtests.locust_ui.users import Reader

__all__ = ["AllStay", "Reader"]


class TenSlowReaders(users.SlowReader):
    fixed_count = 10


class TenSteadyTalkers(users.Talker):
    fixed_count = 10

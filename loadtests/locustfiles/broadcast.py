"""Many readers, ten talkers at an even rate: what a broadcast costs. `--rate` is that of one talker.

locust -f loadtests/locustfiles/broadcast.py --headless -u 1000 --rate 50 --host tcp://127.0.0.1:5050
"""

from loadtests.locust_ui import users
from loadtests.locust_ui.shapes import AllStay
from loadtests.locust_ui.users import Reader

__all__ = ["AllStay", "Reader"]


class TenTalkers(users.Talker):
    fixed_count = 10

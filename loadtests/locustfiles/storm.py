"""Thousands join, drop without a word, and return: what the restart of a switch does to a server.

locust -f loadtests/locustfiles/storm.py --headless -u 5000 --processes 2 --host tcp://127.0.0.1:5050
"""

from loadtests.locust_ui import users
from loadtests.locust_ui.shapes import Stages


class StormGuest(users.Reader):
    """Closes its connection when it stops."""

    def on_stop(self) -> None:
        self.client.leave(silently=True)


class StormShape(Stages):
    """All, a few, all."""

    users = 5000
    stages = ((0.4, 1), (0.2, 0.01), (0.4, 1))

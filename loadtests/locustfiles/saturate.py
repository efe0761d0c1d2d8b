"""More and more talkers, each of whom talks as fast as it is answered: where deliveries stop growing.

locust -f loadtests/locustfiles/saturate.py --headless -u 1000 --host tcp://127.0.0.1:5050
"""

from locust import constant

from loadtests.locust_ui import users
from loadtests.locust_ui.shapes import Stages
from loadtests.locust_ui.users import Reader

__all__ = ["Reader"]


class HastyTalker(users.Talker):
    wait_time = constant(0)


class SaturateShape(Stages):
    """Of ten who come one talks."""

    seconds = 40
    stages = ((0.2, 0.1), (0.2, 0.2), (0.2, 0.4), (0.2, 0.7), (0.2, 1))

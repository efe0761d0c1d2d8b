"""Thousands of connections on which nothing is said: their memory, in the report's charts.

    locust -f loadtests/locustfiles/idle.py --headless -u 10000 --processes 2 --run-html idle.html \\
        --host tcp://127.0.0.1:5050
"""

from loadtests.locust_ui import shapes
from loadtests.locust_ui.users import Reader

__all__ = ["Reader"]


class IdleShape(shapes.AllStay):
    users = 10_000

"""A working day: most people are idle, some have a lot to say, some write to each other, some come and go.

locust -f loadtests/locustfiles/mixed.py --headless -u 1000 --host tcp://127.0.0.1:5050
"""

import gevent
from locust import between, task

from loadtests.locust_ui import users
from loadtests.locust_ui.shapes import Stages
from loadtests.locust_ui.users import DirectWriter, Reader, Visitor

__all__ = ["DirectWriter", "Reader", "Visitor"]

Reader.weight, DirectWriter.weight, Visitor.weight = 80, 10, 5


class BurstTalker(users.ChatUser):
    weight = 5
    wait_time = between(5, 30)

    @task
    def burst(self) -> None:
        for number in range(10):
            self.client.say(f"and {number}")
            gevent.sleep(0.02)


class MixedShape(Stages):
    """The morning, the day, and the evening."""

    seconds = 60
    stages = ((0.2, 0.5), (0.6, 1), (0.2, 0.3))

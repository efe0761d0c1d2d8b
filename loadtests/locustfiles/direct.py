"""Everybody writes to somebody else, `--rate` times a second.

locust -f loadtests/locustfiles/direct.py --headless -u 1000 --rate 5 --host tcp://127.0.0.1:5050
"""

from loadtests.locust_ui.shapes import AllStay
from loadtests.locust_ui.users import DirectWriter

__all__ = ["AllStay", "DirectWriter"]

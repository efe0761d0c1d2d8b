"""A run as one sentence."""

from typing import Any

import pytest

from loadtests.engine.ledger import TOLD
from loadtests.measure.result import Run, Sample
from loadtests.plans.ending import _PARTS, ending
from loadtests.scenarios.table import SCENARIOS

NAN = float("nan")
FIGURES = {"deliveries": 20_089_000, "p99 ms": 24.6, "µs/delivery": 0.5512, "capacity/s": 4.8e7}
STORM = {"all in s": 1.46, "join p99 ms": 9.0}


@pytest.mark.parametrize(
    ("scenario", "run", "told"),
    [
        (
            "broadcast",
            {},
            "all 20,089,000 deliveries arrived, in order; p99 24.6 ms; 0.551 µs of server CPU each",
        ),
        (
            "broadcast",
            {"figures": {**FIGURES, "µs/delivery": NAN}},  # the server is on another machine
            "all 20,089,000 deliveries arrived, in order; p99 24.6 ms",
        ),
        (
            "saturate",
            {"void": True},
            "all deliveries arrived, in order; 48,000,000 for each second of server CPU; the load generator "
            "was saturated or late, so other figures are not the server's",
        ),
        ("storm", {"figures": STORM}, "all were in after 1.46 s; join p99 9 ms"),  # it announces nobody
        (
            "broadcast",
            {"interrupted": True, "samples": [Sample(1, 7000, 0, 0, 0, 0, 0)]},
            "interrupted after 7,000 deliveries; nothing was wrong until then, but whether all arrived was "
            "not seen",
        ),
        ("broadcast", {"faults": ["one is missing", "x"]}, "FAILED: one is missing, and 1 more"),
        ("broadcast", {"faults": ["missing"] * TOLD}, "FAILED: missing, and at least 19 more"),
        ("broadcast", {"figures": {"deliveries": 0}}, "nothing was said, so nothing was delivered"),
    ],
)
def test_what_an_engineer_wants_to_hear(scenario: str, run: dict[str, Any], told: str) -> None:
    assert ending(Run("chatd", **{"figures": FIGURES, **run}), scenario) == told


def test_there_is_a_sentence_for_every_scenario() -> None:
    assert set(_PARTS) == set(SCENARIOS)

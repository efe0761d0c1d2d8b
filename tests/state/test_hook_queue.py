"""What waits for a webhook: in order, bounded, and what is missing is told."""

import itertools
import json
from dataclasses import replace

from chatd.config import Webhook
from chatd.protocol.events import Left, Said
from chatd.protocol.limits import DEFAULT
from chatd.state.hook_queue import Delivery, HookQueue

HOOK = Webhook("https://a.example/x", "https://a.example", frozenset(("dev",)), frozenset(("said",)), b"key")
LIMITS = replace(DEFAULT, hook_waiting=5, hook_events=2, hook_bytes=300)


def queue() -> HookQueue:
    numbers = itertools.count(1)
    return HookQueue(HOOK, LIMITS, lambda: f"msg_{next(numbers)}", "chatd 1")


def said(text: str) -> Said:
    return Said(room="dev", id=7, sender="alice", text=text, at=8)


def texts(delivery: Delivery | None) -> list[str]:
    assert delivery is not None
    return [event.text for event in delivery.events if isinstance(event, Said)]


def test_events_are_sent_as_programs_read_them() -> None:
    made = queue()
    made.add(said("hi\nä"))
    made.add(Left(names=["bob"], count=2, reason="lunch"))
    delivery = made.take()
    assert delivery is not None
    assert made.body(delivery).decode() == (
        '{"type":"events","server":"chatd 1","skipped":0,"events":['
        '{"type":"said","room":"dev","id":7,"from":"alice","text":"hi\\nä","at":8},'
        '{"type":"left","names":["bob"],"count":2,"reason":"lunch"}]}'
    )
    assert (delivery.id, delivery.skipped, len(made)) == ("msg_1", 0, 2)
    made.done()
    assert made.take() is None and len(made) == 0


def test_a_delivery_is_bounded_by_events_and_by_bytes_but_has_one() -> None:
    made = queue()
    for text in ("1", "2", "3", "4" * 200, "5" * 400):
        made.add(said(text))
    assert [texts(made.take()) for _ in range(4)] == [["1", "2"], ["3"], ["4" * 200], ["5" * 400]]
    made.done()
    assert made.take() is None


def test_who_sends_is_woken() -> None:
    made, woken = queue(), []
    made.wake = lambda: woken.append(len(made))
    for _ in range(2):
        made.add(said("hi"))
        made.add(said("more"))
        assert made.take() is not None
    assert len(woken) == 2


def test_the_oldest_goes_and_what_is_missing_is_told_once() -> None:
    made = queue()
    for number in range(8):
        made.add(said(str(number)))
    assert (len(made), made.lost) == (5, 3)
    first, second = made.take(), made.take()
    assert first is not None and second is not None
    assert (texts(first), first.skipped, json.loads(made.body(first))["skipped"]) == (["3", "4"], 3, 3)
    assert (texts(second), second.skipped) == (["5", "6"], 0)


def test_what_was_given_up_is_missing_with_what_it_said_to_be_missing() -> None:
    made = queue()
    for number in range(6):
        made.add(said(str(number)))
    first = made.take()
    assert first is not None and first.skipped == 1
    made.give_up(first)
    assert made.lost == 3
    second = made.take()
    assert second is not None
    assert (texts(second), second.skipped) == (["3", "4"], 3)


def test_what_is_not_delivered_can_be_changed() -> None:
    made = queue()
    made.change(lambda event: event)
    for text in "1234":
        made.add(said(text))
    delivery = made.take()
    assert delivery is not None
    made.change(lambda event: said("gone") if event in (said("2"), said("3")) else event)
    assert b'"gone"' in made.body(delivery) and b'"2"' not in made.body(delivery)
    assert texts(delivery) == ["1", "gone"]
    made.done()
    assert texts(made.take()) == ["gone", "4"]

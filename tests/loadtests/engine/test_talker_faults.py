"""What is wrong to one talker, or to one of the people who write to each other, is noticed like what is wrong
to a reader: each against a stub that is wrong in one place."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

import pytest

from loadtests.engine.loads import Paced, Windowed
from loadtests.engine.people import People
from loadtests.measure.errors import Fault
from tests.loadtests.engine.test_stream_faults import GRACE, HASTE, SETTLE_TIME, complaint
from tests.support.stub_server import Stream, StubServer, Wrong, serving

# -- talkers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (Wrong(Stream.TALKER, ""), "^t002: .*: missing$"),
        (Wrong(Stream.TALKER, "", "ba"), "^t002: .*: out of order$"),
        (Wrong(Stream.TALKER, "aa"), "^t002: .*: doubled$"),
        (Wrong(Stream.TALKER, "t"), "^t002: .*: changed$"),
        (Wrong(Stream.TALKER, "c"), "^t002.*: changed"),
        (Wrong(Stream.TALKER, "a?"), "^t002.* nobody expects this line.*: changed"),
        (Wrong(Stream.TALKER, "a."), "^t002 (was closed by the server|lost its connection: .*)$"),
    ],
    ids=["dropped", "swapped", "doubled", "another time", "changed", "odd line", "closed"],
)
def test_one_delivery_that_is_wrong_to_one_talker(wrong: Wrong, sentence: str) -> None:
    """Be it the third of four."""
    assert re.search(sentence, complaint(wrong, 300))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (Wrong(Stream.TALKER, ""), "still miss some: t002 1$"),
        (Wrong(Stream.TALKER, "aa"), "^t002: .*: doubled$"),
        (Wrong(Stream.TALKER, "a?"), "^t002.* nobody expects this line"),
    ],
    ids=["dropped", "doubled", "odd line"],
)
def test_a_talkers_last_delivery_is_like_any_other(wrong: Wrong, sentence: str) -> None:
    """t002 said 312 of 1,250 messages itself."""
    assert re.search(sentence, complaint(wrong, 937))


def test_what_never_comes() -> None:
    sentence = "after 0.1 s: 12 still miss some: r00000 313, r00001 313, .*"
    assert re.search(sentence, complaint(Wrong(Stream.ROOM, "", "", ""), 0))


# -- people --------------------------------------------------------------------------------------------

#: As many as are needed, and so many a load that p00001 gets ten messages.
PEOPLE: Final = 16
EVEN: Final = 160
#: Seconds: a closed loop sends its windows once at least, however short it is.
BRIEF: Final = 0.02


@contextmanager
def met(stub: StubServer) -> Iterator[People]:
    """People who may write."""
    with closing(People(stub.address, PEOPLE)) as people:
        people.join()
        yield people


def test_people_pass_with_exact_counts() -> None:
    with serving() as stub, met(stub) as people:
        said = people.run(Paced(HASTE, EVEN / HASTE))
        said += people.run(Windowed(16, BRIEF, batch=8))
    assert said == sum(person.received for person in people.people) == stub.delivered > EVEN
    sampled = sum(person.received for person in people.people[::10])
    assert len(people.histogram) == sampled


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (Wrong(Stream.PERSON, ""), "p00001, from p.*: message .*: missing$"),
        (Wrong(Stream.PERSON, "", "ba"), "p00001, from p.*: message .*: out of order$"),
        (Wrong(Stream.PERSON, "aa"), "p00001, from p.*: message .*: doubled$"),
        (Wrong(Stream.PERSON, "c"), "p00001 got .*: changed"),
        (Wrong(Stream.PERSON, "a?"), r"p00001 got b'\* nobody expects this line"),
        (Wrong(Stream.PERSON, "a."), "p00001 (was closed by the server|lost its connection: .*)$"),
        (Wrong(Stream.PERSON, "", "", ""), r"p00001 got 0 of \d+ messages"),
    ],
    ids=lambda value: (
        f"{value.stream.name} {value.here!r} {value.after!r}" if isinstance(value, Wrong) else ""
    ),
)
def test_what_is_wrong_to_one_person(wrong: Wrong, sentence: str) -> None:
    """At first everyone writes twice to each of eight: the first two messages are of one writer."""
    with serving(wrong, at=0) as stub, met(stub) as people, pytest.raises(Fault) as fault:
        people.run(Windowed(16, BRIEF, batch=8), GRACE if wrong.others == "" else SETTLE_TIME)
    assert re.search(sentence, str(fault.value))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (Wrong(Stream.PERSON, "aa"), "p00001.*doubled"),
        (Wrong(Stream.PERSON, "a?"), "p00001 got .*nobody expects this line"),
        (Wrong(Stream.PERSON, "a."), "p00001 (was closed by the server|lost its connection: .*)$"),
    ],
    ids=["doubled", "odd line", "closed"],
)
def test_what_hides_behind_a_persons_last_message(wrong: Wrong, sentence: str) -> None:
    with serving(wrong, at=9) as stub, met(stub) as people, pytest.raises(Fault) as fault:
        people.run(Paced(HASTE, EVEN / HASTE), SETTLE_TIME)
    assert re.search(sentence, str(fault.value))

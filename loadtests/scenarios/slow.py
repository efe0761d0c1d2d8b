"""Frozen readers: what they cost the others, and the server's memory.

A frozen reader takes nothing after START. When the load is over it is thawed and must account for every
message: delivered in its place, or counted by a `skipped` line that stands at the place of the gap.
"""

import re
from contextlib import closing
from typing import Final

from loadtests.engine.loads import Paced
from loadtests.engine.rooms import Room
from loadtests.result import Run
from loadtests.scenarios.measures import Scale, Setting, measure, recorded

#: Bytes of a delivered line, and lines a second: past 1 MiB after six seconds.
_SIZE: Final = 2000
_RATE: Final = 100
_SECONDS: Final = 12


def _load(scale: Scale) -> Paced:
    """As many messages in the quick form, but faster: it takes its bytes to be skipped."""
    return Paced(_RATE / scale.share, scale.seconds(_SECONDS))


_LOST: Final = re.compile(rb'"type":"(?:lost|left)","names":\[[^]]*\],"count":(\d+)')


def frozen_one(scale: Scale) -> list[Run]:
    """The same room without and with one frozen reader."""
    runs = []
    for label, frozen in (("chatd, none", 0), ("chatd, one", 1)):
        setting = Setting(scale.people(1000), 10, _SIZE, frozen=frozen)
        with recorded("chatd") as (run, server), closing(setting.room(server)) as room:
            room.join()
            room.start()
            measure(server, run, room, _load(scale))
            if frozen:
                _thaw(room, run)
        run.server = label
        runs.append(run)
    return runs


def _thaw(room: Room, run: Run) -> None:
    (sleeper,) = room.frozen
    total = room.readers[0].position // _SIZE
    room.watch(sleeper.sock, sleeper.read)
    room.until(
        lambda: sleeper.delivered + sleeper.skipped >= total,
        30,
        lambda: f"{sleeper.delivered} delivered + {sleeper.skipped} skipped of {total} for the frozen reader",
    )
    run.figures |= {"delivered": sleeper.delivered, "skipped": sleeper.skipped}


def frozen_many(scale: Scale) -> list[Run]:
    """Half of the readers freeze; memory before, at the peak, and after they have left."""
    frozen = scale.people(1000)
    setting = Setting(2 * frozen, 10, _SIZE, frozen=frozen)
    with recorded("chatd") as (run, server), closing(setting.room(server)) as room:
        room.join()
        room.start()
        before = server.memory()
        measure(server, run, room, _load(scale))
        peak = server.memory("VmHWM")
        _leave(room)
        after = server.memory()
        run.figures |= {
            "before MiB": before / 2**20,
            "peak MiB": peak / 2**20,
            "after MiB": after / 2**20,
            "KiB each": (peak - before) / frozen / 1024,
            "after / before": after / before,
        }
    return [run]


def _leave(room: Room) -> None:
    """The frozen readers' connections break; wait until the herald has been told of them all."""
    herald = room.talkers[0].sock
    told = bytearray()
    for member in (*room.readers, *room.talkers):
        room.forget(member.sock)
    room.watch(herald, lambda: told.extend(herald.recv(65536)))
    for sleeper in room.frozen:
        sleeper.sock.close()
    everyone = len(room.frozen)
    room.until(
        lambda: sum(map(int, _LOST.findall(told))) >= everyone,
        30,
        lambda: f"the notices tell of {sum(map(int, _LOST.findall(told)))} of {everyone} that left",
    )
    room.frozen.clear()

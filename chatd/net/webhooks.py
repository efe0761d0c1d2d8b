"""What happens is sent to webhooks: a greenlet for each, which nobody waits for.

Events wait in a bounded queue (state/hook_queue.py) and go out in order, one delivery at a time. One that
fails is tried again, ever more rarely, until it is given up; what follows waits behind it, so that order is
kept. Deliveries are signed as Standard Webhooks says (standardwebhooks.com), whose libraries verify them.
"""

import base64
import hmac
import random
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import gevent
from gevent.event import Event as Flag
from gevent.ssl import SSLContext

from chatd.behaviour.watching import watch
from chatd.config import Webhook
from chatd.net.http_post import (
    DeliveryError,
    PostAnswer,
    Poster,
    Resolver,
    resolve,
    seconds_of,
    target_of,
    trusting,
)
from chatd.net.logs import log
from chatd.net.repeated import RepeatedWarning
from chatd.protocol.limits import Limits
from chatd.protocol.version import SERVER
from chatd.state.hook_queue import Delivery, HookQueue
from chatd.state.server_state import ServerState

#: Beside all of 500 and above: what is worth trying again.
_PASSING: Final = frozenset((HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS))


def signature(key: bytes, id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    tag = hmac.digest(key, f"{id}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(tag).decode()}"


def backoff(limits: Limits, failures: int) -> float:
    """How long to wait after so many failures in a row: twice as long each time, up to a bound; less by up to
    a half, at random, so that those who failed together do not come back together."""
    longest = min(limits.hook_backoff_most, limits.hook_backoff * 2.0 ** min(failures - 1, 30))
    return longest * random.uniform(0.5, 1.0)


class HookSender:
    """Sends what waits in one queue. `now` is a monotonic clock in seconds, `today` the time of day in
    milliseconds since the epoch."""

    def __init__(
        self,
        queue: HookQueue,
        poster: Poster,
        limits: Limits,
        now: Callable[[], float],
        today: Callable[[], int],
    ) -> None:
        self.queue: Final = queue
        self._hook: Final = queue.hook
        self._target: Final = target_of(queue.hook.url)
        self._poster: Final = poster
        self._limits: Final = limits
        self._now: Final = now
        self._today: Final = today
        self._news, self._ending = Flag(), Flag()
        self._finishing = False
        self._failures = 0  # in a row
        self._failing_since = 0.0
        self._told_lost = 0
        self._losses = RepeatedWarning()
        self._greenlet = gevent.Greenlet(self._run)
        queue.wake = self._news.set

    def start(self) -> None:
        self._greenlet.start()

    def hurry(self) -> None:
        """From now on nothing is waited for but answers, and nothing is tried again."""
        self._ending.set()
        self._news.set()

    def finish(self) -> "gevent.Greenlet[[], None]":
        """Nothing more comes: what is returned ends when all is sent, or could not be."""
        self._finishing = True
        self.hurry()
        return self._greenlet

    def stop(self) -> None:
        """What is left is lost, and the log says so."""
        self._greenlet.kill()
        self._losses.stop()
        left = len(self.queue)
        lost = self.queue.lost + left
        if lost:
            log.warning(
                "webhook %s: %d events were never sent, %d of them at the end", self._hook.name, lost, left
            )

    def _pause(self, seconds: float) -> None:
        """None at the end."""
        self._ending.wait(seconds)

    def _run(self) -> None:
        while True:
            delivery = self.queue.take()
            if delivery is not None:
                self._deliver(delivery)
                self._pause(self._limits.hook_pause)
            elif self._finishing:
                return
            else:
                self._news.clear()
                self._news.wait()

    def _deliver(self, delivery: Delivery) -> None:
        """Until it was taken, or is given up."""
        began = self._now()
        while (why := self._try(delivery)) is not None:
            passing, sentence, asked = why
            self._note_failure(sentence)
            patience = self._limits.hook_patience
            wait = min(max(asked, backoff(self._limits, self._failures)), patience)
            if not passing or self._now() + wait - began > patience or self._ending.is_set():
                self.queue.give_up(delivery)
                self._tell_lost(sentence)
                self._pause(wait)  # the next would hardly fare better now
                return
            self._pause(wait)
        self.queue.done()
        self._note_success()

    def _try(self, delivery: Delivery) -> tuple[bool, str, float] | None:
        """None when it was taken; else whether that may pass, why, and for how long it asks to be left
        alone."""
        try:
            answer = self._send(delivery)
        except DeliveryError as error:
            return True, str(error), 0.0
        except Exception as error:
            log.exception("an error in the webhook %s", self._hook.name)
            return True, type(error).__name__, 0.0
        status = answer.status
        if 200 <= status < 300:
            return None
        if 300 <= status < 400:
            return False, f"HTTP {status}: redirects are not followed, please write where it leads to", 0.0
        passing = status >= 500 or status in _PASSING
        return passing, f"HTTP {status}", seconds_of(answer.retry_after, self._today() / 1000)

    def _send(self, delivery: Delivery) -> PostAnswer:
        timestamp, body = self._today() // 1000, self.queue.body(delivery)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": SERVER.replace(" ", "/"),
            "Connection": "close",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._hook.key, delivery.id, timestamp, body),
        }
        return self._poster.post(self._target, headers, body, self._hook.allow_private)

    def _note_failure(self, why: str) -> None:
        if not self._failures:
            self._failing_since = self._now()
            log.warning("webhook %s does not take events (%s)", self._hook.name, why)
        self._failures += 1
        self._tell_lost("too many wait")

    def _note_success(self) -> None:
        if self._failures:
            seconds = self._now() - self._failing_since
            log.info("webhook %s takes events again, after %.0f s", self._hook.name, seconds)
            self._failures = 0
        self._tell_lost("too many waited")

    def _tell_lost(self, why: str) -> None:
        """Of what is lost since the last time."""
        lost = self.queue.lost - self._told_lost
        if lost:
            self._told_lost = self.queue.lost
            self._losses.warn("webhook %s: %d events were dropped (%s)", self._hook.name, lost, why)


class Webhooks:
    """All of them, for a server: `start`, then `hurry`, then `stop`."""

    def __init__(
        self,
        hooks: tuple[Webhook, ...],
        state: ServerState,
        resolver: Resolver = resolve,
        tls: SSLContext | None = None,
    ) -> None:
        limits = state.limits
        poster = Poster(limits.hook_time, limits.hook_answer, resolver, tls or trusting())
        queues = [HookQueue(hook, limits, lambda: f"msg_{secrets.token_hex(12)}", SERVER) for hook in hooks]
        self.senders = [HookSender(queue, poster, limits, state.now, state.today) for queue in queues]
        watch(state, queues)

    def start(self) -> None:
        for sender in self.senders:
            sender.start()
            hook = sender.queue.hook
            events, rooms = (", ".join(sorted(words)) for words in (hook.events, hook.rooms))
            log.info("webhook %s gets %s of %s", hook.name, events, rooms)
            if hook.name.startswith("http:") and not hook.allow_private:
                log.warning("what is sent to %s can be read on its way; better use https", hook.name)

    def hurry(self) -> None:
        """The server goes down: what waits is sent now."""
        for sender in self.senders:
            sender.hurry()

    def stop(self, seconds: float) -> None:
        """What is not sent within so many seconds is lost."""
        gevent.joinall([sender.finish() for sender in self.senders], timeout=max(0.0, seconds))
        for sender in self.senders:
            sender.stop()

"""A locust shape in shares: of the users of `-u`, and of the seconds of `-t`."""

from time import perf_counter
from typing import Any, ClassVar

from locust import LoadTestShape


class Stages(LoadTestShape):
    """One number of users after another. Each is reached after half of its time at the latest, or as fast as
    `-r` says. `users` and `seconds` are for whoever gives no -u and no -t."""

    abstract = True
    use_common_options = True
    users: ClassVar[int] = 1000
    seconds: ClassVar[float] = 30
    #: Share of the time, share of the users.
    stages: ClassVar[tuple[tuple[float, float], ...]] = ((1, 1),)

    def tick(self) -> tuple[int, float] | None:
        assert self.runner is not None
        options: Any = self.runner.environment.parsed_options
        # Who gives none has 1 of each.
        users = options.num_users if (options.num_users or 1) > 1 else self.users
        seconds = options.run_time or self.seconds
        at = (perf_counter() - self.start_time) / seconds
        for time, share in self.stages:
            if at < time:
                return max(round(share * users), 1), max(
                    2 * users / (time * seconds), options.spawn_rate or 0
                )
            at -= time
        return None


class AllStay(Stages):
    """All come, and stay."""

"""Who is banned and muted, and what was done by those who keep a room civil, as answers: with the times of
the reader's clock.
"""

from chatd.protocol.moderation_events import AuditPage, BanInfo, BanList
from chatd.protocol.requests import LOBBY
from chatd_client.screen.line_kinds import LogLine
from chatd_client.screen.lines import Composer, of_no_place
from chatd_client.times import seconds_of

#: Lines of an answer, whatever a server sends.
_MOST = 2000


def ban_lines(composer: Composer, event: BanList) -> list[LogLine]:
    """One for each, below a heading."""
    count, where = len(event.bans), "on the server" if event.room == LOBBY else f"in #{event.room}"
    if not count:
        return [composer.notice(f"nobody is banned or muted {where}")]
    older = ", and there are older ones" if event.more else ""
    heading = f"{count} {'is' if count == 1 else 'are'} banned or muted {where}{older}:"
    return [composer.notice(heading), *(composer.notice(_ban(composer, one)) for one in event.bans[:_MOST])]


def _ban(composer: Composer, info: BanInfo) -> str:
    word = {"ban": "banned", "mute": "muted"}.get(info.act, info.act)
    until = "for good"
    if info.until is not None:
        at = seconds_of(info.until)
        until = f"until {composer.day(at)} {composer.clock(at)}"
    return f"{info.whom} - {word} {until}, by {info.by}{f' ({info.reason})' if info.reason else ''}"


def audit_lines(composer: Composer, event: AuditPage) -> list[LogLine]:
    """Each act at its time, below a heading. They have no place among the messages of the window: the same
    act may come by itself.
    """
    count, where = len(event.acts), "the server" if event.room == LOBBY else f"#{event.room}"
    older = ", and there are older ones" if event.more else ""
    heading = composer.notice(f"{count} act{'s' * (count != 1)} of {where}{older}{':' * bool(count)}")
    acts = (line for act in event.acts[:_MOST] for line in composer.act_or_topic(act))
    return [heading, *map(of_no_place, acts)]

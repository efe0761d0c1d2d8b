"""The tables of limits: every field of Limits with its value, and the comment above it, which is its reason.

A comment belongs to the fields that follow it up to the next comment, and one that begins with `...` goes on
with the one before; a plain `# ` comment begins the next table. What a number counts is no part of the code,
so `UNITS` says it here, for every field.
"""

import ast
import inspect
import io
import re
import tokenize
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chatd.protocol.limits import DEFAULT, KIB, MIB, Limits
from chatd.protocol.web_limits import WebLimits
from tools.docs.marks import table

#: Sizes below this are told to the byte: lines, which a program counts.
_EXACT: Final = 16 * KIB


def size(value: float) -> str:
    """Bytes."""
    for unit, name in ((MIB, "MiB"), (KIB, "KiB")):
        if value >= max(unit, _EXACT) and value % unit == 0:
            return f"{value / unit:g} {name}"
    return f"{value:,} bytes"


def time(value: float) -> str:
    """Seconds."""
    days, rest = divmod(value, 86_400)
    if days > 1 and not rest:
        return f"{days:g} days"
    return f"{value:g} s" if value >= 1 else f"{1000 * value:g} ms"


def count(value: float) -> str:
    """How many."""
    return f"{value:,}"


def characters(value: float) -> str:
    """Of a name."""
    return f"{value:,} characters"


def share(value: float) -> str:
    """A part of something."""
    return f"{100 * value:g} %"


def rate(value: float) -> str:
    """How many in a second, or in a minute where that is less than one in two seconds."""
    return f"{value:g} a second" if value >= 0.5 else f"{60 * value:g} a minute"


_FIELDS: Final[dict[Callable[[float], str], str]] = {
    size: "key line line_to_client line_before_name ref room_waiting private_waiting private_round"
    " nameless_waiting notices_waiting notice_bytes hurried_notices answer_bytes slow_private"
    " send_buffer receive_buffer round_bytes dropped page_bytes log_pending_bytes password_least password"
    " hook_bytes hook_answer proxy_header address_line_bytes request_line head_bytes",
    time: "name_time greet_after refusal_silence stall leave_time down_time notice_interval keepalive_idle"
    " keepalive_interval user_timeout rest_max rest_saved slice stretch stuck_after tell_waiting slow_window"
    " key_time key_time_memory log_patience admin_patience away_time search_time search_line device_time"
    " longest slowest hook_pause hook_time hook_backoff hook_backoff_most hook_patience handshake_time"
    " address_time address_patience head_time http_idle browser_time greet_browser_after ping_interval",
    characters: "name reason topic device_name",
    count: "frames line_burst free_burst read_ahead notice_names notice_runs notice_reasons notice_pages"
    " notice_parts shared_list telnet_commands keepalive_probes backlog accepts spare_files admins"
    " slow_least names_refused idle_worth rooms_a_person rooms rooms_made rooms_listed"
    " log_pending in_flight pages_asked keys message_lines recent guests missed"
    " searches_asked long_searches_asked search_words search_least search_lines"
    " passwords_waiting login_burst account_burst addresses accounts registrations devices sessions"
    " rename_burst caught_up room_rulings server_rulings wrong_keys bans_listed"
    " webhooks hook_waiting hook_events"
    " address_here address_connects address_lines handshake_cost login_cost name_cost",
    share: "rest_share slow_share slow_rate",
    rate: "line_rate free_rate login_rate account_rate rename_rate",
}
#: What the number in each field counts.
UNITS: Final = {field: unit for unit, fields in _FIELDS.items() for field in fields.split()}


@dataclass(frozen=True, slots=True)
class LimitRow:
    """The fields that share a comment."""

    fields: tuple[str, ...]
    why: str


def limits(values: Limits = DEFAULT) -> str:
    """What bounds the clients."""
    return _shown(tables()[0], values)


def rhythm(values: Limits = DEFAULT) -> str:
    """What paces the delivery."""
    return _shown(tables()[1], values)


def _shown(rows: list[LimitRow], values: Limits) -> str:
    def told(field: str) -> str:
        return UNITS[field](getattr(values, field))

    return table(
        ("limit", "value", "what it bounds, and why"),
        [
            (", ".join(f"`{field}`" for field in row.fields), ", ".join(map(told, row.fields)), row.why)
            for row in rows
        ],
    )


def tables(source: str | None = None) -> list[list[LimitRow]]:
    """The rows of each table, in the order of the fields. Raises ValueError for a field without a comment."""
    if source is not None:
        return _tables(source)
    bounds, *others = _tables(inspect.getsource(Limits))
    return [bounds + _tables(inspect.getsource(WebLimits))[0], *others]


def _tables(text: str) -> list[list[LimitRow]]:
    comments = {
        token.start[0]: token.string
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    }
    (whole,) = ast.parse(text).body
    assert isinstance(whole, ast.ClassDef)
    found: list[list[LimitRow]] = [[]]
    for node in whole.body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        why, begins = _above(node.lineno, comments)
        if begins:
            found.append([])
        if why and not why.startswith("..."):
            found[-1].append(LimitRow((node.target.id,), why))
        elif found[-1]:
            row = found[-1].pop()
            whole_why = f"{row.why.rstrip(' .')} {why.lstrip(' .')}" if why else row.why
            found[-1].append(LimitRow((*row.fields, node.target.id), whole_why))
        else:
            raise ValueError(f"the limit {node.target.id} has no comment that says its reason")
    return found


def _above(line: int, comments: dict[int, str]) -> tuple[str, bool]:
    """The `#:` comment that ends above this line, as one text; and whether a plain one lies above that."""
    lines: list[str] = []
    begins = False
    while (comment := comments.get(line := line - 1)) is not None:
        if comment.startswith("#:"):
            lines.append(comment.removeprefix("#:").strip())
        else:
            begins = True
    return re.sub(r"\s+", " ", " ".join(reversed(lines))), begins

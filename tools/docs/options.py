"""Usage and options of a command, read from its argparse parser.

Not argparse's own help text: how that is wrapped and written changes with the version of Python and the width
of the terminal.
"""

import argparse
import textwrap
from collections.abc import Mapping
from typing import Final

from chatd.commands.contract import OperatorCommand
from tools.docs.marks import table

_WIDTH: Final = 80


def described(parser: argparse.ArgumentParser) -> str:
    """The usage as a block of code, and a table of the arguments and options."""
    rows = [(_written(action), _help(parser, action)) for action in parser._actions]
    return f"```text\n{usage(parser)}\n```\n\n{table(('option', 'what it does'), rows)}"


def usage(parser: argparse.ArgumentParser) -> str:
    """One line, or as many as it takes."""
    words = [_bracketed(action) for action in parser._actions]
    indent = " " * (len(f"usage: {parser.prog}") + 1)
    whole = f"usage: {parser.prog} {' '.join(words)}"
    lines = textwrap.wrap(
        whole, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines).replace("\0", " ")


def commands(program: str, table_of: Mapping[str, OperatorCommand]) -> str:
    """Of each: what it does, its usage, its arguments."""
    parts = []
    for name, command in table_of.items():
        parser = command.parser()
        parts.append(f"### {program} {name}\n{parser.description}\n\n{described(parser)}")
        if rows := _words_behind(parser):
            parts.append(table((f"`{program} {name} …`", "what it does"), rows))
    return "\n\n".join(parts)


def _words_behind(parser: argparse.ArgumentParser) -> list[tuple[str, str]]:
    """Of a command with commands of its own: each of them, and what is its own there."""
    shared = {action.dest for action in parser._actions}
    words = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    rows = []
    for name, sub in (pair for action in words for pair in action.choices.items()):
        own = [action for action in sub._actions if action.dest not in shared]
        usage = " ".join([name, *(_bracketed(action).replace("\0", " ") for action in own)])
        told = [f"`{_spelled(action)}`: {_help(sub, action)}" for action in own]
        rows.append((f"`{usage}`", " ".join([sub.description or "", "; ".join(told)]).rstrip()))
    return rows


def _bracketed(action: argparse.Action) -> str:
    """What may be left out is in brackets; spaces inside of them must not be where a line is broken."""
    spelled = _spelled(action)
    return (spelled if action.required else f"[{spelled}]").replace(" ", "\0")


def _spelled(action: argparse.Action) -> str:
    """As the usage has it, without its brackets."""
    value = _value(action)
    if not action.option_strings:
        return value
    if isinstance(action, argparse.BooleanOptionalAction):
        return " | ".join(action.option_strings)
    return f"{action.option_strings[0]} {value}".rstrip()


def _written(action: argparse.Action) -> str:
    """As the table has it: every spelling."""
    value = _value(action)
    if not action.option_strings:
        return f"`{value}`"
    if isinstance(action, argparse.BooleanOptionalAction):
        value = ""
    return ", ".join(f"`{option} {value}`".replace(" `", "`") for option in action.option_strings)


def _value(action: argparse.Action) -> str:
    """What stands for the value; empty for an option that takes none."""
    if action.nargs == 0:
        return ""
    if isinstance(action.metavar, str):
        return action.metavar
    if action.choices is not None:
        return "{" + ",".join(map(str, action.choices)) + "}"
    return action.dest.upper()


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """Its sentence, and the default where the sentence does not name it."""
    text = parser._get_formatter()._expand_help(action) if action.help else ""
    if "default" in text or action.default in (None, False, "", [], argparse.SUPPRESS):
        return text
    return f"{text} (default {action.default})"

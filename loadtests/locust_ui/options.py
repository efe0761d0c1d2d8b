"""The options that our users have in common, for the command line and the web page's form."""

from argparse import ArgumentTypeError
from typing import Any, Final

from flask import Response, jsonify, request

from loadtests.reports.files import writable
from loadtests.scenarios.base import Option

_RATE: Final = "messages a second of each Talker and DirectWriter; 0: as fast as they are answered"
_SIZE: Final = "characters of each message, to which a stamp of about 40 is added"
_STAY: Final = "seconds that a Visitor stays, and that a SlowReader does not read"

OPTIONS: Final = {
    option.name: option
    for option in (
        Option("rate", 0.1, _RATE, least=0, quick=1),
        Option("size", 60, _SIZE, least=1, quick=1),
        Option("stay", 5.0, _STAY, least=0, quick=1),
    )
}


def add_options(parser: Any) -> None:
    """Their values are of plain types: locust sends them to its workers."""
    group = parser.add_argument_group("Chat users")
    for name, option in OPTIONS.items():
        text = f"{option.help} (default: {option.default:g})"
        action = group.add_argument(f"--{name}", type=option.kind, default=option.default, help=text)
        action.include_in_web_ui = True  # what locust's own add_argument does, and a group's does not
    for name, what in (("run-json", "the figures for machines"), ("run-html", "the report with charts")):
        group.add_argument(
            f"--{name}", type=_writable, metavar="FILE", help=f"write {what} there, at the end"
        ).include_in_web_ui = False


def _writable(word: str) -> str:
    return str(writable(word))


def check_form(environment: Any) -> None:
    """Answer a form that has a word for a number with a sentence; locust's own answer is an error of the
    server."""

    def check() -> Response | None:
        given = request.form if request.path.endswith("/swarm") else {}
        for name, option in OPTIONS.items():
            try:
                option.kind(given.get(name, str(option.default)))
            except (ValueError, ArgumentTypeError):
                sentence = f"{name}: {given[name]!r} is no number of {option.least:g} or more"
                return jsonify({"success": False, "message": sentence, "host": environment.host})
        return None

    if environment.web_ui is not None:
        environment.web_ui.app.before_request(check)

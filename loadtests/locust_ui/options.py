"""The options that our users have in common, for the command line and the web page's form."""

from argparse import ArgumentTypeError
from typing import Any, Final

from flask import Response, jsonify, request

from loadtests.reports.files import add_files
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
    """Also those for files, which are for whoever starts locust."""
    group = parser.add_argument_group("Chat users")
    for option in OPTIONS.values():
        option.add_to(group).include_in_web_ui = True  # as locust's own add_argument does, and a group's not
    for action in add_files(group, "run_"):
        action.include_in_web_ui = False


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

"""argparse, but what is wrong with a command line is one sentence, which says what to write instead."""

import argparse
import difflib
from typing import Final, NoReturn

from chatd.protocol.sanitize import clean
from chatd_client.console import WRONG_USAGE

#: Characters of what was typed that an error repeats.
REPEATED: Final = 40


class SentenceParser(argparse.ArgumentParser):
    """What is wrong is one sentence of ours, whatever argparse would say, without its usage text."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USAGE, f"{self.prog}: {clean(message)}; {self.prog} --help shows how\n")

    def read(self, argv: list[str]) -> argparse.Namespace:
        """Options may stand before, between and behind the arguments. Exits with 2 for wrong usage."""
        try:
            given, left_over = self.parse_known_intermixed_args(argv)
        except argparse.ArgumentError as error:
            return self.error(self._what_it_takes(str(error.argument_name)))
        if left_over:
            return self.error(self._too_much(left_over[0], given))
        return given

    def _what_it_takes(self, name: str) -> str:
        """In words, for the option of this name: the only thing that can be wrong about it."""
        action = next(each for each in self._actions if "/".join(each.option_strings) == name)
        option = action.option_strings[-1]
        if action.choices is not None:
            *most, last = action.choices
            return f"{option} takes {', '.join(most)} or {last}"
        if action.nargs == 0:
            return f"{name} takes no value"
        return f"{option} needs a value behind it, as in {option} {action.metavar or action.dest.upper()}"

    def _too_much(self, word: str, given: argparse.Namespace) -> str:
        if not word.startswith("-"):
            if getattr(given, "text", None) is not None:
                return 'please put the text into quotes, as in HOST "TEXT"'
            return f"there is one word too many: {shortened(word)}"
        options = [option for action in self._actions for option in action.option_strings]
        like = difflib.get_close_matches(word.partition("=")[0], options, 1)
        meant = f"; did you mean {like[0]}?" if like else ""
        if hasattr(given, "text"):
            meant += "; a text that begins with - is written behind --"
        return f"there is no option {shortened(word.partition('=')[0])}{meant}"


def shortened(text: str) -> str:
    """Something that was typed, as far as an error repeats it."""
    text = clean(text)
    return text if len(text) <= REPEATED else f"{text[:REPEATED]}…"

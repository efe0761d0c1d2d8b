"""The pages of the documentation, and the examples in them."""

import re

from tools.docs.__main__ import ROOT


def page(name: str) -> str:
    return (ROOT / name).read_text()


def examples(page_name: str, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", page(page_name), re.DOTALL)
    assert found
    return found[1]

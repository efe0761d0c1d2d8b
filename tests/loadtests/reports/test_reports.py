"""What is made of a document: JSON and back, the page."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from math import isnan, nan
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Blueprint, Flask

from loadtests.locust_ui import page
from loadtests.measure.result import Document, Run, Sample
from loadtests.reports import document as documents
from loadtests.reports import html
from loadtests.reports.document import Unreadable
from tests.support.documents import SERVERS, document, run

#: plotly's, which every report has in it.
SCRIPT = html.plotly().read_text()
NASTY = '<script>alert("x")</script>&'


# -- JSON ----------------------------------------------------------------------------------------------


def test_a_document_comes_back_as_it_was(tmp_path: Path) -> None:
    before = document(repetitions=1)
    path = tmp_path / "run.json"
    path.write_text(documents.dumps(before))
    text = path.read_text()
    assert "NaN" not in text and '"blocked ms":null' in text
    after = documents.read(path)
    assert (after.machine, after.command, after.began) == (before.machine, before.command, before.began)
    assert isnan(next(one for one in after.runs if one.server == "floor").figures["blocked ms"])
    assert documents.dumps(after) == text
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_not_measured_in_a_sample_is_nan_again() -> None:
    sample = Sample(0.5, 10, nan, 0.5, nan, nan, nan)
    one = Run("remote", samples=[sample], interrupted=True)
    after = documents.loads(documents.dumps(Document({}, "", "", [one]))).runs[0]
    assert after.interrupted and isnan(after.samples[0].memory_mib) and after.samples[0].generator == 0.5


def test_who_begins_a_document_adds_where_how_and_when() -> None:
    begun = documents.begin(["make", "bench", "a b"])
    assert begun.command == "make bench 'a b'"
    assert begun.machine["python"] and re.fullmatch(r"[-0-9]{10}T[:0-9]{8}\+00:00", begun.began)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"machine": {}}', '{"runs": [{}]}', '{"runs": [3]}'])
def test_what_is_not_a_document_is_told_in_a_sentence(text: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.json"
    path.write_text(text)
    with pytest.raises(Unreadable, match=r"odd\.json is not a record"):
        documents.read(path)


def test_a_missing_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="cannot be read"):
        documents.read(tmp_path / "none.json")


# -- the page ------------------------------------------------------------------------------------------


def test_the_report_says_everything_that_must_be_known() -> None:
    text = html.report(document())
    assert "Failed: 1 fault in 42 runs." in text
    assert "message 17 came in place of 16 [&lt;no last words&gt;]" in text
    for kind in ("fault", "void", "disturbed", "interrupted"):
        assert f'<span class="badge {kind}">{kind} (1 of 3)</span>' in text
    assert "Interrupted before all was measured" not in text
    assert "Interrupted before all was measured" in html.report(replace(document(), interrupted=True))
    for server, *_ in SERVERS:
        assert f"</i>{server}" in text
    assert "×1.14" in text and "±2 %" in text
    assert text.count('<figure class="chart">') == 2 * 6
    assert text.count('<p class="why"></p>') == text.count('<p class="told">') == 2 * 6
    assert re.search(r"chatd p50: [0-9.]+ to [0-9.]+, at the end [0-9.]+", text)


def test_a_figure_that_is_void_in_all_repetitions_is_struck_out() -> None:
    whole = document()
    for one in whole.runs:
        one.void = one.void or one.server == "chatd"
    assert 'class="void" title="Void: the load generator was saturated' in html.report(whole)


def test_the_report_needs_nothing_from_the_net() -> None:
    text = html.report(document(repetitions=1))
    assert text.count(SCRIPT) == 1 and "</script" not in SCRIPT
    text = text.replace(SCRIPT, "")
    assert not re.search(r"https?://|@import|src=|url\(", text)
    assert "prefers-color-scheme: dark" in text and "width=device-width" in text
    assert 'plotlyServerURL: ""' in text and 'ToRemove: ["sendChartToCloud"' in text


def test_whatever_is_in_a_document_is_escaped() -> None:
    one = run("chatd", NASTY)
    one.server, one.options = NASTY, {NASTY: NASTY}
    one.figures[NASTY] = 1.0
    one.faults, one.marks, one.void = [NASTY], [NASTY], True
    text = html.report(Document({NASTY: NASTY}, NASTY, NASTY, [one]))
    text = text.replace(SCRIPT, "")
    assert (
        "<script>alert" not in text
        and NASTY not in text
        and "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;&amp;" in text
    )


def test_a_report_of_nothing_says_so() -> None:
    assert "Nothing was measured." in html.report(Document({}, "", ""))
    text = html.report(Document({}, "", "", [Run("chatd", faults=["no connection"])]))
    assert text.count('<p class="why">Fewer than two samples were taken: too short for a line.</p>') == 6


# -- the page in locust's web UI -----------------------------------------------------------------------


def test_the_page_shows_what_there_is_of_a_run() -> None:
    assert "Nothing was measured." in page.page(None)
    one = run("chatd", "locust", looks=40)
    one.faults.append("lost")
    text = page.page(one)
    assert text.count('<p class="why"></p>') == 6 and "lost</li>" in text
    assert SCRIPT not in text and '<script src="./chat/plotly.min.js"></script>' in text


def test_a_long_run_costs_the_page_no_more() -> None:
    one = run("chatd", "locust", looks=1)
    one.samples = [replace(one.samples[0], at=0.5 * at, deliveries=at * at) for at in range(1, 5001)]
    found = re.search(r"^(\[\[.*\]\])\.forEach", page.page(one), re.MULTILINE)
    assert found
    (line,) = json.loads(found[1])[0][0]["lines"]
    assert 500 < len(line["x"]) <= 1200 and line["x"][-1] == 2500


class FakeUi:
    """What the page needs of locust's web UI: the app, its blueprint with an index, and who may see it."""

    def __init__(self) -> None:
        self.app = Flask("fake")
        locust = Blueprint("locust", "fake")
        locust.add_url_rule("/", "index", lambda: "<html><body><div id=root></div></body></html>")
        self.app.register_blueprint(locust)

    def auth_required_if_enabled(self, view: Callable[[], object]) -> Callable[[], object]:
        return view


def test_locusts_web_ui_has_the_page_and_a_link_to_it() -> None:
    environment = SimpleNamespace(web_ui=FakeUi(), parsed_options=None, chat_run=None, chat_outcome=None)
    page.attach(environment)
    client = environment.web_ui.app.test_client()
    assert 'href="./chat"' in client.get("/").text
    answer = client.get("/chat")
    assert "Nothing was measured." in answer.text and 'href="./chat"' not in answer.text
    with client.get("/chat/plotly.min.js") as script:
        assert script.text == SCRIPT
    assert answer.headers["Refresh"]  # it fills by itself, until the test is over
    environment.chat_run = run("chatd", "locust")
    assert "Refresh" not in client.get("/chat").headers
    looked: list[None] = []
    environment.chat_outcome = SimpleNamespace(look=lambda: looked.append(None))
    assert "Refresh" in client.get("/chat").headers
    assert looked == [None]  # what was measured so far is made ready for it


def test_where_there_is_no_web_ui_nothing_is_attached() -> None:
    page.attach(SimpleNamespace(web_ui=None))

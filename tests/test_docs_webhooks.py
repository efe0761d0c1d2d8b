"""The examples of webhooks and of the configuration file: settings, and a receiver that verifies."""

import threading
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import gevent
import msgspec
import pytest

from chatd.behaviour.watching import WATCHED
from chatd.config import Webhook
from chatd.net.http_post import PostAnswer, Poster, resolve, target_of, trusting
from chatd.net.webhooks import signature
from chatd.protocol.dialects import JSONL
from chatd.protocol.limits import DEFAULT
from chatd.protocol.version import SERVER
from chatd.settings.file import FileSettings, read_settings
from chatd.settings.options import OPTIONS
from chatd.settings.webhook_table import _KEYS
from chatd.state.hook_queue import HookQueue
from tests.support.doc_pages import examples, page
from tests.support.live import WATCHDOG


def settings(folder: Path, text: str) -> FileSettings:
    path = folder / "chatd.toml"
    path.touch(0o640)
    path.write_text(text)
    return read_settings(path)


def hook(folder: Path) -> Webhook:
    (found,) = settings(folder, examples("docs/webhooks.md", "toml")).webhooks
    return found


def test_the_example_of_a_file_has_every_option(tmp_path: Path) -> None:
    values = settings(tmp_path, examples("docs/options.md", "toml")).values
    assert set(values) == {option.key for option in OPTIONS}


def test_the_page_names_every_key_and_every_event(tmp_path: Path) -> None:
    text = page("docs/webhooks.md")
    assert hook(tmp_path).rooms == {"*", "staff"}
    for name in _KEYS:
        assert f"\n| `{name}` |" in text
    for event in WATCHED:
        assert f"`{event}`" in text


@pytest.mark.parametrize(
    "sentence",
    [
        f"There can be {DEFAULT.webhooks} of them",
        f"within the next {1000 * DEFAULT.hook_pause:g} ms,",
        f"at most {DEFAULT.hook_events} events, and {DEFAULT.hook_bytes // 1024} KiB where",
        f"more than {DEFAULT.hook_waiting:,} waited",
        f"Any 2xx answer within {DEFAULT.hook_time:g} s",
        f"within the {DEFAULT.down_time:g} s that it has",
        f"again after {DEFAULT.hook_backoff:g} s, 2 s, 4 s and so on, up to a minute",
        f"After {DEFAULT.hook_patience / 60:g} minutes the delivery is given up",
    ],
)
def test_a_number_on_the_page_is_that_of_the_code(sentence: str) -> None:
    assert sentence in page("docs/webhooks.md").replace("\n", " ")
    assert DEFAULT.hook_backoff_most == 60


def test_the_delivery_is_one_that_the_server_makes(tmp_path: Path) -> None:
    example = examples("docs/webhooks.md", "json delivery").strip().encode()
    queue = HookQueue(hook(tmp_path), DEFAULT, lambda: "msg_1", SERVER)
    for event in msgspec.json.decode(example)["events"]:
        queue.add(JSONL.parse_event(msgspec.json.encode(event)))
    delivery = queue.take()
    assert delivery is not None and queue.body(delivery) == example


def test_the_receiver_takes_what_is_genuine_once_and_nothing_else(tmp_path: Path) -> None:
    names: dict[str, Any] = {"__name__": "receiver"}
    exec(examples("docs/webhooks.md", "python"), names)
    names["Receiver"].log_message = lambda *words: None
    body = examples("docs/webhooks.md", "json delivery").strip().encode()
    now, key, poster = int(time.time()), hook(tmp_path).key, Poster(WATCHDOG, 1000, resolve, trusting())

    def post(id: str, timestamp: int, body: bytes, signed: str) -> PostAnswer:
        headers = {"webhook-id": id, "webhook-timestamp": str(timestamp), "webhook-signature": signed}
        return poster.post(target_of(f"http://127.0.0.1:{server.server_port}/"), headers, body, True)

    shown = StringIO()
    with names["HTTPServer"](("127.0.0.1", 0), names["Receiver"]) as server, redirect_stdout(shown):
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with gevent.Timeout(WATCHDOG):
                genuine = signature(key, "msg_1", now, body)
                assert [post("msg_1", now, body, genuine).status for _ in range(2)] == [204, 204]
                assert post("msg_2", now, body, genuine).status == 403
                assert post("msg_1", now, body + b" ", genuine).status == 403
                assert post("msg_3", now, body, signature(b"other", "msg_3", now, body)).status == 403
                old = now - 3600
                assert post("msg_4", old, body, signature(key, "msg_4", old, body)).status == 403
        finally:
            server.shutdown()
            thread.join()
    assert shown.getvalue().count("is the build green?") == 1

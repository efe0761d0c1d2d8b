"""The command `chatd`, in a process of its own: exit codes, signals, one sentence for a mistake."""

import contextlib
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from chatd.__main__ import main
from chatd.protocol.version import __version__
from tests.support.chatd_process import CHATD, running


def run(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run([*CHATD, *arguments], capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stdout, done.stderr


def test_version_and_help() -> None:
    assert run("--version") == (0, f"chatd {__version__}\n", "")
    code, text, _ = run("--help")
    assert code == 0
    options = "--listen --data --sync --line-rate --max-clients --log-level --keep --registration --config"
    for option in (*options.split(), "--plaintext-passwords"):
        assert option in text


def test_a_wrong_rule_of_what_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--keep", "0d"])
    assert ended.value.code == 2
    assert (
        capsys.readouterr()
        .err.splitlines()[-1]
        .startswith("chatd: error: argument --keep: 0d keeps nothing; please write an age like 90d")
    )


def test_a_wrong_file_of_settings_is_one_sentence_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "chatd.toml"
    path.write_text("line-rat = 5")
    assert main(["--config", str(path)]) == 2
    assert capsys.readouterr().err == (
        f"chatd: {path}: there is no setting 'line-rat'; did you mean line-rate?\n"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--listen", "nonsense"], "chatd: cannot listen on 'nonsense': please write it as tcp://HOST:PORT"),
        (["--listen", "tcp://127.0.0.1:99999"], "chatd: cannot listen on 'tcp://127.0.0.1:99999'"),
        (["--max-clients", "10000000"], "chatd: cannot serve 10000000 clients: this process may open"),
        (["--max-clients", "many"], "chatd: error: argument --max-clients: invalid number value: 'many'"),
        (["--max-clients", "0"], "chatd: error: argument --max-clients: 0 is not 1 or more"),
        (["--line-rate", "-1"], "chatd: error: argument --line-rate: -1 is not 0 or more"),
        (["--line-rate", "inf"], "chatd: error: argument --line-rate: inf is not 0 or more"),
        (["--registration", "ask"], "chatd: error: argument --registration: invalid choice: 'ask'"),
        (["--log-level", "loud"], "chatd: error: argument --log-level: invalid choice"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(arguments: list[str], sentence: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].startswith(sentence)
    assert "Traceback" not in err


def test_a_port_in_use_is_one_sentence_and_exit_code_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, err = run("--listen", f"tcp://127.0.0.1:{taken.getsockname()[1]}")
    assert code == 2
    assert re.fullmatch(
        r"chatd: cannot listen on .*: Address already in use; please choose another .*\n", err
    )


def test_several_addresses_are_listened_on_and_logged() -> None:
    addresses = ("--listen", "tcp://127.0.0.1:0", "--listen", "tcp://[::1]:0")
    with running(*addresses, "--line-rate", "0", "--log-level", "debug") as (_, ports):
        assert len(ports) == 2
        for host, port in zip(("127.0.0.1", "::1"), ports, strict=True):
            with socket.create_connection((host, port)) as sock:
                sock.sendall(b"al\n/quit\n")
                assert sock.makefile().read().splitlines()[-1] == "* bye"


def resident(process: subprocess.Popen[str]) -> int:
    """KiB of memory."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def test_a_line_of_64_mib_without_a_newline_costs_no_memory() -> None:
    with (
        running("--listen", "tcp://127.0.0.1:0", "--line-rate", "0") as (process, (port,)),
        socket.create_connection(("127.0.0.1", port)) as alice,
    ):
        stream = alice.makefile("r")
        alice.sendall(b"alice\n")
        stream.readline()
        before = resident(process)
        for _ in range(64):
            alice.sendall(b"x" * 2**20)
        alice.sendall(b"\n/users\n")
        assert stream.readline() == "! a line has at most 4096 bytes; please send shorter ones\n"
        assert stream.readline() == "* 1 here: alice\n"
        assert resident(process) - before < 4096
        stream.close()


def test_a_closed_stderr_is_not_given_to_a_socket() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = f"exec {sys.executable} -m chatd --data memory --listen tcp://127.0.0.1:{port} 2>&-"
    with subprocess.Popen(command, shell=True) as process:
        try:
            while True:  # nothing tells that it listens but its port
                with (
                    contextlib.suppress(ConnectionRefusedError),
                    socket.create_connection(("127.0.0.1", port)) as al,
                ):
                    al.sendall(b"al\n/quit\n")
                    assert al.makefile().read().splitlines()[-1] == "* bye"
                    break
            assert Path(f"/proc/{process.pid}/fd/2").readlink() == Path("/dev/null")
        finally:
            process.kill()


def test_what_nobody_catches_is_in_the_log() -> None:
    code = (
        "import gevent, sys\n"
        "from chatd.__main__ import main\n"
        "gevent.spawn(lambda: 1 / 0)\n"
        "sys.exit(main(['--data', 'memory', '--listen', 'tcp://127.0.0.1:0']))\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            assert "ERROR an error in the event loop, in a Greenlet\n" in "".join(
                line.partition(" ")[2].partition(" ")[2]
                for line in iter(process.stderr.readline, "ZeroDivisionError: division by zero\n")
            )
        finally:
            process.kill()

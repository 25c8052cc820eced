"""Log lines: JSON for the journal, readable on a terminal, without anybody's secrets."""

from __future__ import annotations

import json
import logging
import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import structlog

from hub import logs

ROOT = Path(__file__).parents[2]
SECRET = "令牌-of-somebody"


def journal(capsys: pytest.CaptureFixture[str]) -> list[tuple[int, dict[str, Any]]]:
    """Syslog level and object of each line on stderr; nothing on stdout."""
    captured = capsys.readouterr()
    assert captured.out == ""
    found = [re.fullmatch(r"<(\d)>(\{.*\})", line) for line in captured.err.splitlines()]
    return [(int(line.group(1)), json.loads(line.group(2))) for line in found if line or pytest.fail(captured.err)]


def test_each_level_is_a_json_object_with_its_syslog_level_in_front(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up()
    log = structlog.get_logger("test")
    log.debug("never.shown")
    log.info("port.open", port="serial:///dev/ttyS1", name="社保\n综合")
    log.warning("port.lost")
    log.error("press.not_stored")
    log.critical("hub.failed")
    lines = journal(capsys)
    assert [(level, line["event"], line["level"]) for level, line in lines] == [
        (6, "port.open", "info"),
        (4, "port.lost", "warning"),
        (3, "press.not_stored", "error"),
        (2, "hub.failed", "critical"),
    ]
    assert (lines[0][1]["port"], lines[0][1]["name"]) == ("serial:///dev/ttyS1", "社保\n综合")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+[+-]\d{4}", lines[0][1]["timestamp"])


@pytest.mark.parametrize(
    ("options", "shown"),
    [({}, ["info", "warning", "error"]), ({"quiet": True}, ["warning", "error"]), ({"silent": True}, [])],
)
def test_quiet_and_silent_keep_lines_back(
    options: dict[str, bool], shown: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up(**options)
    log = structlog.get_logger("test")
    for level in ("info", "warning", "error"):
        getattr(log, level)("said")
    assert [line["level"] for _, line in journal(capsys)] == shown


def fail(token: str) -> None:
    raise ValueError(f"nothing wrong with {len(token)} characters")


def test_exception_is_one_line_that_shows_no_variables(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up()
    try:
        fail(SECRET)
    except ValueError:
        structlog.get_logger("test").exception("settle.failed")
    ((level, line),) = journal(capsys)
    assert level == 3
    (exception,) = line["exception"]
    assert (exception["exc_type"], exception["frames"][-1]["name"]) == ("ValueError", "fail")
    assert SECRET not in json.dumps(line, ensure_ascii=False)


def test_what_libraries_log_joins_in(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up()
    logging.getLogger("uvicorn.error").info("Started server process")
    logging.getLogger("uvicorn.error").error("Exception in %s\n", "ASGI application")
    ((level, line),) = journal(capsys)
    assert (level, line["library"], line["said"]) == (3, "uvicorn.error", "Exception in ASGI application")


def on_terminal(program: str) -> str:
    master, slave = pty.openpty()
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "200"}
    with subprocess.Popen([sys.executable, "-c", program], stderr=slave, env=environ):
        os.close(slave)
        said = b""
        with suppress(OSError):  # EIO: the program has ended
            while part := os.read(master, 4096):
                said += part
    os.close(master)
    return re.sub(r"\x1b\[[0-9;]*m", "", said.decode())


def test_terminal_gets_text_for_people() -> None:
    said = on_terminal(
        "import structlog\n"
        "from hub import logs\n"
        "logs.set_up()\n"
        "log = structlog.get_logger('test')\n"
        "log.warning('port.lost', reason='拔掉了')\n"
        "def fail(token):\n"
        "    raise ValueError\n"
        "try:\n"
        f"    fail('{SECRET}')\n"
        "except ValueError:\n"
        "    log.exception('settle.failed')\n"
    )
    assert re.search(r"\[warning *\] port\.lost +reason=拔掉了", said)
    assert "ValueError" in said
    assert "token = " not in said

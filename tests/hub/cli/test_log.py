"""`hallhub verify`, `checkpoint` and `export events`."""

import json
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hub.cli.log import write_lines
from hub.errors import BadValue
from hub.eventlog.database import FILE_NAME
from tests.hub.cli.conftest import Folder, Run, Said
from tests.hub.eventlog.writing import issued, pause


@pytest.fixture
def facts(hall: Folder) -> Folder:
    """Three facts of the morning of 2026-10-01."""
    hall.has(issued(1, "张三"), issued(2, None), pause(3))
    return hall


def attack(hall: Folder, *statements: str) -> None:
    with closing(sqlite3.connect(hall.data / FILE_NAME)) as connection:
        connection.executescript("DROP TRIGGER events_no_update; DROP TRIGGER events_no_delete;")
        connection.executescript("; ".join(statements))


def test_verify_says_that_the_log_holds(run: Run, facts: Folder) -> None:
    verdict = run("verify")
    assert (verdict.code, verdict.err) == (0, "")
    assert re.fullmatch(r"事件日志完好：3 条 \(log is intact\) [0-9a-f]{64}\n", verdict.out)


def test_verify_of_a_hub_that_was_never_started_holds(run: Run, hall: Folder) -> None:
    assert "0 条" in run("verify").out
    assert (hall.data / FILE_NAME).exists()


@pytest.mark.parametrize(
    ("attempt", "bad"),
    [
        ("UPDATE events SET wall_ms = wall_ms + 1 WHERE seq = 2", 2),
        ("DELETE FROM events WHERE seq = 3", 3),
        ("UPDATE personal SET value = '李四'", 1),
        ("DELETE FROM head", 1),
    ],
)
def test_verify_names_the_first_bad_number(attempt: str, bad: int, run: Run, facts: Folder) -> None:
    attack(facts, attempt)
    verdict = run("verify")
    assert verdict.code == 1
    assert verdict.error.startswith(f"事件日志第 {bad} 条有误：")
    assert "请保全" in verdict.error


def test_verify_counts_what_retention_erased(run: Run, facts: Folder) -> None:
    attack(facts, "DELETE FROM personal")
    verdict = run("verify")
    assert verdict.code == 0
    assert "1 项个人信息已按期清除" in verdict.out


def test_checkpoints_kept_elsewhere_find_a_log_that_was_cut(run: Run, facts: Folder) -> None:
    for name in ("kept", "kept"):  # the second one is appended
        assert run("checkpoint", "-o", name) == Said(0, "", "")
    lines = Path("kept").read_text(encoding="utf-8").splitlines()
    assert lines == [run("checkpoint").out.strip()] * 2
    assert json.loads(lines[0])["seq"] == 3
    assert run("verify", "--witness", "kept").code == 0
    head = "UPDATE head SET count = 2, last_seq = 2, last_hash = (SELECT hash FROM events WHERE seq = 2)"
    attack(facts, "DELETE FROM events WHERE seq = 3", head)
    assert run("verify").code == 0
    cut = run("verify", "--witness", "kept")
    assert cut.code == 1
    assert "第 3 条" in cut.error


@pytest.mark.parametrize("content", [None, "no JSON", '{"seq":"x"}', b"\xff"])
def test_witness_that_is_none_is_refused(content: str | bytes | None, run: Run, facts: Folder) -> None:
    if content is not None:
        Path("kept").write_bytes(content if isinstance(content, bytes) else content.encode())
    refused = run("verify", "--witness", "kept")
    assert refused.code == 2
    assert refused.error.startswith("--witness: ")
    assert "kept" in refused.error


@pytest.mark.parametrize("command", ["checkpoint", "export events"])
@pytest.mark.parametrize("path", ["none/file", "/"])
def test_file_that_can_not_be_written_is_named(command: str, path: str, run: Run, facts: Folder) -> None:
    refused = run(*command.split(), "-o", path)
    assert refused.code == 2
    assert path in refused.error


def exported(run: Run, *options: str) -> list[dict[str, object]]:
    done = run("export", "events", "-o", "out.jsonl", *options)
    assert (done.code, done.out) == (0, "")
    text = Path("out.jsonl").read_text(encoding="utf-8")
    assert f"已导出 {text.count(chr(10))} 行到 out.jsonl" in done.err
    return [json.loads(line) for line in text.splitlines()]


def test_export_writes_the_whole_log(run: Run, facts: Folder) -> None:
    start, *events = exported(run)
    assert start == {
        "v": 1,
        "seq": 0,
        "t": 0,
        "ev": "hall.start",
        "days": 1,
        "levels": 5,
        "scale": [1, 2, 3, 4, 5],
        "tz": "Asia/Shanghai",
        "first_day": "2026-10-01",
    }
    assert [event["ev"] for event in events] == ["ticket.issued", "ticket.issued", "window.pause"]


def test_export_of_days_with_nothing_is_the_first_line_alone(run: Run, facts: Folder) -> None:
    assert len(exported(run, "--from", "2026-11-01", "--to", "2026-11-05")) == 1
    assert exported(run, "--to", "2026-10-03")[0]["days"] == 3


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--from", "yesterday"), "--from"),
        (("--to", "2026-13-01"), "--to"),
        (("--from", "2026-10-05", "--to", "2026-10-01"), "--to"),
    ],
)
def test_days_that_make_no_sense_are_refused(options: tuple[str, ...], named: str, run: Run, facts: Folder) -> None:
    refused = run("export", "events", "-o", "out.jsonl", *options)
    assert refused.code == 2
    assert refused.error.startswith(f"{named}: ")
    assert not Path("out.jsonl").exists()


def test_export_of_a_hub_that_was_never_started_is_one_empty_day(run: Run, hall: Folder) -> None:
    (start,) = exported(run)
    assert (start["ev"], start["days"]) == ("hall.start", 1)


def test_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    def lines() -> list[str]:
        raise OSError(28, "No space left on device")

    path = tmp_path / "out.jsonl"
    path.write_text("what was there before")
    with pytest.raises(BadValue, match="No space"):
        write_lines(path, (line for _ in range(1) for line in lines()))
    assert path.read_text() == "what was there before"
    assert list(tmp_path.iterdir()) == [path]
    assert write_lines(path, ["a", "b"]) == 2
    assert path.read_text() == "a\nb\n"


def test_what_is_no_regular_file_is_written_to_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert write_lines(pipe, ["one", "two"]) == 2
        assert os.read(reader, 100) == b"one\ntwo\n"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    write_lines(link, ["three"])
    assert (link.is_symlink(), target.read_text(encoding="utf-8")) == (True, "three\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "pipe", "target"]


def test_a_full_device_is_said_and_stays(tmp_path: Path) -> None:
    full = tmp_path / "full"  # by a link, so that a mistake replaces the link
    full.symlink_to("/dev/full")
    with pytest.raises(BadValue, match="-o"):
        write_lines(full, ["one"])
    assert full.is_symlink()

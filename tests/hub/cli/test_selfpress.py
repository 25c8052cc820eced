"""`hallhub selfpress`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.hub.cli.conftest import Run
from tests.hub.selfpress.quarter import Quarter, at_once, before_the_finish


@pytest.fixture
def log(tmp_path: Path) -> Path:
    lines = Quarter(days=14, cheats={"c1": at_once, "c2": before_the_finish}, first_day="2026-10-12").lines()
    path = tmp_path / "events.jsonl"
    path.write_text(
        "".join(json.dumps(line) + "\n" for line in [*lines[:50], *lines[50:]]) + "broken\n", encoding="utf-8"
    )
    return path


def test_flags_are_written_and_told(run: Run, log: Path, tmp_path: Path) -> None:
    said = run("selfpress", str(log), "-o", str(tmp_path / "answer.jsonl"), "--report", str(tmp_path / "report"))
    assert said.code == 0
    answers = [json.loads(line) for line in (tmp_path / "answer.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {answer["clerk"] for answer in answers if answer.get("flag")} == {"c1", "c2"}
    assert "14 天，8 名工作人员，其中 2 名有疑似记录" in said.err
    assert "1 行无法识别" in said.err
    names = sorted(path.name for path in (tmp_path / "report").iterdir())
    assert names == ["flag-001.svg", "flag-001.txt", "flag-002.svg", "flag-002.txt"]
    assert "请回访" in (tmp_path / "report/flag-001.txt").read_text(encoding="utf-8")


def test_text_in_english_by_option(run: Run, log: Path, tmp_path: Path) -> None:
    run("selfpress", str(log), "-o", str(tmp_path / "a"), "--report", str(tmp_path / "r"), "--english")
    assert "Call back" in (tmp_path / "r/flag-001.txt").read_text(encoding="utf-8")


def test_what_is_no_hall_log_is_said(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("hello\n", encoding="utf-8")
    for path in (empty, tmp_path / "missing.jsonl", tmp_path):
        said = run("selfpress", str(path), "-o", str(tmp_path / "answer.jsonl"))
        assert said.code == 2
        assert "大厅日志" in said.error
    assert not (tmp_path / "answer.jsonl").exists()


def test_folders_that_can_not_be_written_are_said(run: Run, log: Path, tmp_path: Path) -> None:
    said = run("selfpress", str(log), "-o", str(tmp_path / "none/answer.jsonl"))
    assert (said.code, "-o" in said.error) == (2, True)
    said = run("selfpress", str(log), "-o", str(tmp_path / "answer.jsonl"), "--report", str(log))
    assert (said.code, "--report" in said.error) == (2, True)


def test_the_log_is_not_overwritten_by_its_answer(run: Run, log: Path) -> None:
    before = log.read_bytes()
    said = run("selfpress", str(log), "-o", str(log.parent / "." / log.name))
    assert (said.code, "覆盖" in said.error) == (2, True)
    assert log.read_bytes() == before


def lines_of(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line != "broken"]


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        (lambda lines: lines[1:], "缺少首行 hall.start"),
        (lambda lines: [*lines, lines[0] | {"first_day": "2026-01-05"}], "2 个不同的 hall.start"),
        (lambda lines: [lines[0] | {"levels": 0}, *lines[1:]], "等级数不是 2 至 5"),
        (lambda lines: [lines[0], *reversed(lines[1:])], "顺序有误"),
        (lambda lines: [*lines, *(line | {"v": 2} for line in lines), {"v": 1}], "多数行无法识别"),
    ],
)
def test_doubtful_logs_are_said_to_be(
    run: Run, log: Path, tmp_path: Path, spoilt: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], told: str
) -> None:
    log.write_text("".join(json.dumps(line) + "\n" for line in spoilt(lines_of(log))), encoding="utf-8")
    said = run("selfpress", str(log), "-o", str(tmp_path / "answer.jsonl"))
    assert said.code == 0
    assert [line for line in said.err.splitlines() if line.startswith("注意：") and told in line]


def test_a_sound_log_has_no_doubts_nor_has_a_line_twice_or_a_byte_order_mark(
    run: Run, log: Path, tmp_path: Path
) -> None:
    lines = lines_of(log)
    text = "".join(json.dumps(line) + "\n" for line in [lines[0], *lines])
    log.write_text(text, encoding="utf-8-sig")
    said = run("selfpress", str(log), "-o", str(tmp_path / "answer.jsonl"), "--report", str(tmp_path / "report"))
    assert (said.code, "注意" in said.err, "无法识别" in said.err) == (0, False, False)
    assert "自 2026-10-12" in (tmp_path / "report/flag-001.txt").read_text(encoding="utf-8")


def test_another_version_is_no_hall_log(run: Run, log: Path, tmp_path: Path) -> None:
    log.write_text("".join(json.dumps(line | {"v": 2}) + "\n" for line in lines_of(log)), encoding="utf-8")
    said = run("selfpress", str(log), "-o", str(tmp_path / "answer.jsonl"))
    assert (said.code, "第 1 版" in said.error, (tmp_path / "answer.jsonl").exists()) == (2, True, False)


def test_only_what_was_written_before_is_cleared_away(run: Run, log: Path, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    folder.mkdir()
    for name in ("flag-009.txt", "watch-123.svg", "flag-9.txt", "flag-2026-notes.txt", "flag-001.docx"):
        (folder / name).write_text("x")
    assert run("selfpress", str(log), "-o", str(tmp_path / "a"), "--report", str(folder)).code == 0
    names = {path.name for path in folder.iterdir()}
    assert names >= {"flag-9.txt", "flag-2026-notes.txt", "flag-001.docx", "flag-001.txt"}
    assert not names & {"flag-009.txt", "watch-123.svg"}

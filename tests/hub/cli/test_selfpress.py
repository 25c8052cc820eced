"""`hallhub selfpress`."""

import json
from pathlib import Path

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

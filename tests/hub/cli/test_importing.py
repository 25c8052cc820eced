"""`hallhub import events`, and a quarter worked out by hand from its file to the report."""

import csv
import json
from pathlib import Path
from typing import Any

from tests.hub.cli.conftest import Folder, Run
from tests.hub.eventlog.writing import pause

HOUR = 3_600_000
DAY = 24 * HOUR


def lines() -> list[dict[str, Any]]:
    """Two windows, 96 and 90 of 100 visits rated, 4 at the first badly; a verified complaint at the second."""
    made: list[dict[str, Any]] = [{"ev": "hall.start", "t": 0, "days": 1, "levels": 5}]
    for win, rated in ((3, 96), (4, 90)):
        made.append({"ev": "window.open", "t": 8 * HOUR, "win": win, "clerk": f"c{win}"})
        for at in range(100):
            t = 9 * HOUR + at * 120_000
            visit = {"ticket": f"w{win}n{at}", "service": "social", "win": win, "clerk": f"c{win}"}
            made.append({"ev": "ticket.issued", "t": t, "ticket": visit["ticket"], "service": "social"})
            made.append({"ev": "ticket.called", "t": t + 1_000, **visit})
            made.append({"ev": "ticket.finished", "t": t + 60_000, **visit})
            made.append(
                {"ev": "rating.invited", "t": t + 60_000, "ticket": visit["ticket"], "win": win, "until": t + 90_000}
            )
            if at < rated:
                level = 2 if win == 3 and at < 4 else 5
                made.append({"ev": "key.pressed", "t": t + 65_000, "press": f"p{win}-{at}", "win": win, "level": level})
    made.sort(key=lambda line: line["t"])
    made.append({"ev": "finding.recorded", "t": 9 * DAY, "finding": "d1", "kind": "complaint", "win": 4, "clerk": "c4",
                 "status": "confirmed"})  # fmt: skip
    made.append({"ev": "points.entered", "t": 9 * DAY, "sheet": "window", "win": 3, "section": "一(一)", "points": 9})
    return [{"v": 1, "seq": seq, **line} for seq, line in enumerate(made)]


def written(path: Path) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines()), "utf-8")
    return path


def test_a_file_becomes_a_quarters_report(run: Run, hall: Folder, tmp_path: Path) -> None:
    said = run("import", "events", str(written(tmp_path / "log.jsonl")), "--first-day", "2026-10-12")
    assert (said.code, said.out) == (0, "")
    assert run("verify").code == 0
    assert run("report", "2026Q4", "-o", str(tmp_path / "paper")).code == 0
    found = list(csv.DictReader((tmp_path / "paper" / "windows.csv").read_text("utf-8-sig").splitlines()))
    told = {
        row["window"]: (row["rated_share"], row["satisfied_share"], row["total_points"], row["reasons"])
        for row in found
    }
    # 84 − 1 entered less + 5 (96 %) + 3 (92 of 96 = 95.83 %); 84 − 4 (complaint) + 0 (90 %) + 5.
    assert told == {"3": ("96.00", "95.83", "91", ""), "4": ("90.00", "100.00", "85", "三(一);三(十)")}


def test_what_is_wrong_is_said_and_nothing_is_imported(run: Run, hall: Folder, tmp_path: Path) -> None:
    path = written(tmp_path / "log.jsonl")
    assert "--first-day" in run("import", "events", str(path)).error
    path.write_text(path.read_text("utf-8") + "oops\n", "utf-8")
    said = run("import", "events", str(path), "--first-day", "2026-10-12")
    assert (said.code, f"第 {len(lines()) + 1} 行" in said.error) == (1, True)
    assert "FILE.jsonl" in run("import", "events", "missing.jsonl", "--first-day", "2026-10-12").error
    assert "0 条" in run("verify").out


def test_a_database_with_facts_is_left_alone(run: Run, hall: Folder, tmp_path: Path) -> None:
    hall.has(pause(1))
    said = run("import", "events", str(written(tmp_path / "log.jsonl")), "--first-day", "2026-10-12")
    assert (said.code, "空的数据库" in said.error) == (1, True)


def test_cases_are_taken_and_bad_rows_are_told(run: Run, hall: Folder, tmp_path: Path) -> None:
    table = tmp_path / "cases.csv"
    table.write_text(
        "办件编号,类型,业务,窗口,收件日期\nT1,承诺件,social,3,2026-10-02\nT2,答复,social,3,2026-10-02\n", "utf-8"
    )
    said = run("import", "cases", str(table))
    assert said.code == 1
    assert "cases.csv 第 3 行：类型：应为 即办件" in said.err
    assert "新登记 1 件，更新 0 件，无变化 0 行，有误 1 行" in said.err
    table.write_text("办件编号,类型,业务,窗口,收件日期\nT1,承诺件,social,3,2026-10-02\n", "utf-8")
    said = run("import", "cases", str(table))
    assert (said.code, "无变化 1 行" in said.err) == (0, True)
    for path in (tmp_path / "missing.csv", tmp_path):
        said = run("import", "cases", str(path))
        assert (said.code, "CSV" in said.error) == (2, True)

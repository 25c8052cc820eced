"""`hallhub callbacks`."""

from pathlib import Path

import pytest

from hub.domain import events as e
from hub.domain.callbacks import VERSION, draw, fingerprint
from tests.hub.cli.conftest import Folder, Run

RATINGS = [f"r{seq}" for seq in range(2, 12)]  # facts 2 to 11


def facts(ratings: tuple[str, ...]) -> list[e.Fact]:
    rated: list[e.Fact] = [
        e.RatingRecorded(rating, f"p{rating}", f"t{rating}", 3 if at < 8 else 9, "1001", 5, "keypad")
        for at, rating in enumerate(RATINGS)
    ]
    sample = e.CallbackSampled("2026Q4", "5eed", VERSION, 11, 10, fingerprint(RATINGS), 6, ratings, "督查甲")
    outcomes = ("own", "own", "denied", "other_level", "unreached")
    made = [
        e.CallbackMade("2026Q4", rating, outcome, 2 if outcome == "other_level" else None, "督查甲", "机主 13800000000")
        for rating, outcome in zip(ratings, outcomes, strict=False)
    ]
    named = (f"p{ratings[2]}",)
    flag = e.FlagRaised("f9", "1001", 3, "before", "A", 400, "2026Q4", "selfpress-1", "h", named, "{}")
    return [e.DayStarted("2026-10-01"), *rated, flag, sample, *made]


@pytest.fixture
def called(hall: Folder) -> Folder:
    hall.has(*facts(draw("5eed", RATINGS, 6)))
    return hall


def test_report_tells_rate_interval_departments_and_flags(run: Run, called: Folder) -> None:
    said = run("callbacks", "2026Q4")
    assert said.code == 0
    for part in (
        "2026Q4 随机回访报告 · 示范县政务服务中心",
        "当时已有评价 10 次，抽 6 次",
        "季度尚未结束，只代表 2026-10-01 及以前的评价",
        "种子：5eed（sample-1），按种子重新抽取：一致",
        "已登记 5 次，未回访 1 次；属实 2，等级不符 1，否认本人所评 1，未接通 1",
        "误评率：有效答复 4 次，不符 2 次（否认 1），占 50.0%，区间 6.7%–93.3%",
        "  疑似所列的评价：抽取 1，有效答复 1 次，不符 1 次",
        "不是对任何人的认定",
    ):
        assert part in said.out
    departments = [line for line in said.out.splitlines() if line.startswith(("  人社局", "  9号窗口"))]
    assert sum(int(line.split("抽取 ")[1].split("，")[0]) for line in departments) == 6
    assert "138" not in said.out


def test_report_in_english_and_to_a_file(run: Run, called: Folder, tmp_path: Path) -> None:
    assert run("callbacks", "2026Q4", "--english", "-o", str(tmp_path / "report.txt")).out == ""
    text = (tmp_path / "report.txt").read_text(encoding="utf-8")
    assert "Wrong ratings: 2 of 4 answered are wrong (1 denied), 50.0%, interval 6.7%–93.3%" in text
    assert "drawn again: the same" in text


def test_sample_that_its_seed_does_not_draw_is_said(run: Run, hall: Folder) -> None:
    chosen = draw("5eed", RATINGS, 6)
    other = next(rating for rating in RATINGS if rating not in chosen)
    hall.has(*facts((*chosen[:5], other)))
    assert "按种子重新抽取：不一致，请核对事件日志" in run("callbacks", "2026Q4").out


def test_quarter_without_a_sample_and_what_is_none_are_said(run: Run, hall: Folder) -> None:
    said = run("callbacks", "2026Q4")
    assert (said.code, said.error) == (1, "2026Q4 还没有抽样；请督查人员先抽样再回访 (no sample was drawn)")
    assert run("callbacks", "2026-4").code == 2

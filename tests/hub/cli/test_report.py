"""`hallhub report`."""

import hashlib
import sys
from pathlib import Path

import pytest
import typst

from hub.cli import report as command
from hub.domain import events as e
from hub.report import FORMATS
from tests.hub.cli.conftest import Folder, Run


def test_the_quarters_tables_are_written(run: Run, hall: Folder, tmp_path: Path) -> None:
    hall.has(e.TicketFinished("t1", "social", 3, "1001", "1001"))
    said = run("report", "2026Q4", "-o", str(tmp_path / "paper"))
    assert (said.code, said.out) == (0, "")
    assert "1 个窗口、1 名工作人员" in said.err
    assert sorted(path.name for path in (tmp_path / "paper").iterdir()) == [
        "2026Q4.docx", "2026Q4.pdf", "2026Q4.xlsx", "clerks.csv", "decisions.csv", "evidence.csv", "windows.csv",
    ]  # fmt: skip


def test_only_what_is_asked_for_is_written(run: Run, hall: Folder, tmp_path: Path) -> None:
    hall.has(e.TicketFinished("t1", "social", 3, "1001", "1001"))
    assert run("report", "2026Q4", "-o", str(tmp_path / "paper"), "--format", "xlsx").code == 0
    assert [path.name for path in (tmp_path / "paper").iterdir()] == ["2026Q4.xlsx"]


def test_all_formats_are_told_of() -> None:
    assert tuple(command.FORMATS.split(",")) == FORMATS


def test_a_package_that_is_missing_is_said_before_any_work(
    run: Run, hall: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("hub.report.docx", "docx"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "docx", None)
    said = run("report", "2026Q4", "-o", str(tmp_path / "paper"))
    assert (said.code, "需要 Python 包 python-docx" in said.error, "pip install python-docx" in said.error) == (
        1,
        True,
        True,
    )
    assert not (tmp_path / "paper").exists()


def test_a_chinese_font_that_is_missing_is_said(
    run: Run, hall: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall.has(e.TicketFinished("t1", "social", 3, "1001", "1001"))
    monkeypatch.setattr(typst.Fonts, "families", lambda _: ["DejaVu Sans"], raising=False)
    said = run("report", "2026Q4", "-o", str(tmp_path / "paper"))
    assert (said.code, "fonts-noto-cjk" in said.error) == (1, True)
    assert (tmp_path / "paper" / "2026Q4.xlsx").exists(), "what needs no font is there"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("2026Q5", "-o", "paper"), "2026Q4"),
        (("2026Q4", "-o", "hall.toml"), "文件夹"),
        (("2026Q4", "-o", "paper", "--format", "csv,gif"), "gif"),
    ],
)
def test_what_is_wrong_is_said(run: Run, hall: Folder, arguments: tuple[str, ...], said: str) -> None:
    error = run("report", *arguments)
    assert (error.code, said in error.error) == (2, True)


def test_a_rule_set_that_is_not_in_force_yet_is_said(run: Run, hall: Folder) -> None:
    hall.write(hall.config.read_text("utf-8").replace("[web]", 'rules = "three-levels"\n[web]'))
    error = run("report", "2021Q4", "-o", "paper")
    assert (error.code, "尚未生效" in error.error) == (1, True)


def closed(sha256: str, edition: int = 1) -> e.QuarterClosed:
    return e.QuarterClosed("2026Q3", edition, "seed-county", 1, "2026-10-09", 1, sha256, "", "王")


def test_an_edition_is_made_again_and_checked(run: Run, hall: Folder, tmp_path: Path) -> None:
    hall.has(e.TicketFinished("t1", "social", 3, "1001", "1001"))
    folder = tmp_path / "now"
    assert run("report", "2026Q3", "-o", str(folder), "--format", "csv", "--edition", "now").code == 0
    names = ("windows", "clerks", "decisions", "evidence")
    sha256 = hashlib.sha256(b"".join((folder / f"{name}.csv").read_bytes() for name in names)).hexdigest()
    hall.has(closed(sha256), closed("0" * 64, 2))
    said = run("report", "2026Q3", "-o", str(folder), "--edition", "1", "--format", "csv,docx")
    assert (said.code, "定稿第 1 版，2026-10-09 由 王 定稿" in said.err) == (0, True)
    said = run("report", "2026Q3", "-o", str(folder), "--format", "csv")
    assert (said.code, "第 2 版与定稿时的哈希不符" in said.error) == (1, True)
    said = run("report", "2026Q3", "-o", str(folder), "--edition", "7")
    assert (said.code, "1、2" in said.error) == (2, True)


def test_a_year_is_summed_up(run: Run, hall: Folder, tmp_path: Path) -> None:
    hall.has(e.TicketFinished("t1", "social", 3, "1001", "1001"))
    said = run("report", "2026", "-o", str(tmp_path / "year"))
    assert said.code == 0
    assert "2026Q4 尚未定稿" in said.err
    assert "2026 年：1 个季度，1 个窗口，1 名工作人员" in said.err
    names = sorted(path.name for path in (tmp_path / "year").iterdir())
    assert names == ["year_clerks.csv", "year_departments.csv", "year_sanctions.csv", "year_windows.csv"]
    text = (tmp_path / "year/year_clerks.csv").read_text("utf-8-sig").splitlines()
    assert text[0] == "clerk,name,department,2026Q4_points,2026Q4_rank,mean,awards,barred,articles,reasons"
    said = run("report", "2025", "-o", str(tmp_path / "year"))
    assert (said.code, "没有可汇总的季度" in said.error) == (1, True)


def test_a_year_of_an_edition_that_can_not_be_made_again_is_refused(run: Run, hall: Folder, tmp_path: Path) -> None:
    hall.has(e.TicketFinished("t1", "social", 3, "1001", "1001"), closed("0" * 64))
    said = run("report", "2026", "-o", str(tmp_path / "year"))
    assert (said.code, "2026Q3 第 1 版与定稿时的哈希不符" in said.error) == (1, True)
    assert not (tmp_path / "year").exists()

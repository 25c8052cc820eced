"""`hallhub report`."""

from pathlib import Path

import pytest

from hub.domain import events as e
from tests.hub.cli.conftest import Folder, Run


def test_the_quarters_tables_are_written(run: Run, hall: Folder, tmp_path: Path) -> None:
    hall.has(e.TicketFinished("t1", "social", 3, "1001", "1001"))
    said = run("report", "2026Q4", "-o", str(tmp_path / "paper"))
    assert (said.code, said.out) == (0, "")
    assert "1 个窗口、1 名工作人员" in said.err
    assert sorted(path.name for path in (tmp_path / "paper").iterdir()) == [
        "clerks.csv", "decisions.csv", "evidence.csv", "windows.csv",
    ]  # fmt: skip


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

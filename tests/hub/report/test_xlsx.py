"""A quarter's workbook, read back by another library."""

import io
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from hub.domain import events as e
from hub.domain.assessment import shown
from hub.report import Basis, Paper, gather, write
from hub.report.typeset import pdf
from hub.report.xlsx import workbook
from tests.hub.domain import test_rates as ruling
from tests.hub.report import test_report
from tests.hub.report.test_report import Log, rows

RED = "FFC00000"


@pytest.fixture
def log() -> Log:
    log = Log()
    log.visits(date(2026, 10, 9), 1, [5] * 93 + [2] * 3 + [None] * 4)
    log.visits(date(2026, 10, 9), 2, [5] * 9299 + [1] * 701)
    log.add(date(2026, 12, 30), e.PointsEntered("window", "2026Q4", 1, None, "一(二)", "8.5", "=1+1", "王"))
    log.flagged(date(2026, 11, 2), date(2026, 11, 20))
    return log


def paper(log: Log, today: date = date(2027, 1, 4)) -> Paper:
    return test_report.paper(log.quarter(today=today))


def opened(content: bytes, *, values: bool) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(content), data_only=values)


def table(book: Workbook, name: str) -> list[dict[str, object]]:
    head, *body = list(book[name].iter_rows(min_row=3, values_only=True))
    return [dict(zip(map(str, head), row, strict=True)) for row in body if row[2] is not None]


def test_values_are_the_csvs(log: Log, tmp_path: Path) -> None:
    made = paper(log)
    write(tmp_path, made, ["csv"])
    book = opened(workbook(made), values=True)
    for name, file, key in (("汇总", "windows.csv", "window"), ("工作人员", "clerks.csv", "clerk")):
        found = {str(row["编号"]): row for row in table(book, name)}
        for row in rows(tmp_path, file):
            mine = found[row[key]]
            assert mine["办结"] == int(row["finished"])
            for title, column in (("评议率", "rated_share"), ("满意率", "satisfied_share")):
                assert f"{float(str(mine[title])):.4f}" == f"{float(row[column]) / 100:.4f}"
            assert float(str(mine["总分"])) == float(row["total_points"])
            assert (mine["取消资格条款"] or "") == row["reasons"].replace(";", "、")
            assert (mine["奖项"] or "") == row["award"]
            assert ("" if mine["名次"] is None else str(mine["名次"])) == row["rank"]
    assert [row["代号"] for row in table(book, "口径")][:22] == [
        row["decision"] for row in rows(tmp_path, "decisions.csv")
    ]
    assert [row["备注"] for row in table(book, "依据")] == [row["note"] for row in rows(tmp_path, "evidence.csv")]


def test_a_rate_under_the_limit_is_red_however_near(log: Log) -> None:
    """92.99 % of 10,000 is under 93 %; one rating more would not be."""
    book = opened(workbook(paper(log)), values=True)
    colours = {(row[1].value, at): row[at].font.color and row[at].font.color.rgb
               for row in book["汇总"].iter_rows(min_row=4, max_row=5) for at in (7, 10)}  # fmt: skip
    assert colours[2, 10] == RED
    assert [colours[where] == RED for where in ((1, 7), (1, 10), (2, 7))] == [False, False, False]
    assert book["汇总"]["K5"].value == 0.9298, "the struck press is left out: 9298 of 9999, never rounded up"


def test_rates_and_totals_are_formulas(log: Log) -> None:
    book = opened(workbook(paper(log)), values=False)
    first = next(row for row in book["汇总"].iter_rows(min_row=4) if row[1].value == 1)
    assert first[7].value == '=IF(F4=0,"",QUOTIENT(G4*10000,F4)/10000)'
    assert str(first[14].value).startswith("='明细'!I4+'明细'!I")
    details = opened(workbook(paper(log)), values=True)["明细"]
    added = [details[part.split("!")[1]].value for part in str(first[14].value)[1:].split("+")]
    assert sum(added) == 92.5
    sections = [row for row in book["明细"].iter_rows(min_row=4, values_only=True) if row[4] == "节"]
    assert str(sections[0][8]).startswith("=SUM(I5:I")


def test_what_people_typed_is_no_formula(log: Log) -> None:
    book = opened(workbook(paper(log)), values=False)
    noted = [row[10] for row in book["明细"].iter_rows(min_row=4) if row[10].value == "=1+1"]
    assert noted
    assert {cell.data_type for cell in noted} <= {"s", "f"}
    assert b"<f>1+1</f>" not in b"".join(parts(workbook(paper(log))))


def parts(content: bytes) -> list[bytes]:
    import zipfile  # noqa: PLC0415

    with zipfile.ZipFile(io.BytesIO(content)) as box:
        return [box.read(name) for name in box.namelist()]


def test_a_sheet_prints_on_a4_with_its_head_on_each_page(log: Log) -> None:
    book = opened(workbook(paper(log)), values=True)
    for sheet in book:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert (sheet.print_title_rows, sheet.freeze_panes[-1]) == ("$3:$3", "4")
        assert "SHA-256" in str(sheet["A2"].value)
    assert len(book["汇总"]._charts) == 1
    facts = {row[0]: row[1] for row in book["口径"].iter_rows(min_row=25, values_only=True)}
    assert (facts["SHA-256"], facts["大厅"]) == (paper(log).sha256, "示范县政务服务中心")


def test_a_running_quarter_says_so(log: Log) -> None:
    book = opened(workbook(paper(log, date(2026, 11, 28))), values=True)
    for sheet in book:
        assert str(sheet["A2"].value).startswith("季度未结束，截至2026年12月30日")
        assert sheet["A2"].font.color.rgb == RED


def test_the_same_log_gives_the_same_workbook(log: Log) -> None:
    assert workbook(paper(log)) == workbook(paper(log))


def test_a_quarter_without_a_visit_has_a_workbook() -> None:
    book = opened(workbook(paper(Log())), values=True)
    assert [row["评议率"] for row in table(book, "汇总")] == [None, None]


@pytest.mark.parametrize("name", ["seed-county", "three-levels", "scored-levels"])
def test_every_rule_sets_totals_are_exact(log: Log, name: str) -> None:
    """Also where points are thirds: shown truncated, as in the CSV."""
    rules = ruling.rules(name, clerk_rate="own_visits")
    quarter = gather(log.records, Basis("2026Q4", test_report.SETUP, test_report.SHANGHAI, rules, date(2027, 1, 4)))
    made = test_report.paper(quarter)
    values, formulas = (opened(workbook(made), values=wanted) for wanted in (True, False))
    for sheet, results in (("汇总", made.result.windows), ("工作人员", made.result.clerks)):
        found = {str(row["编号"]): row for row in table(values, sheet)}
        for one in results:
            assert float(str(found[one.subject.key]["总分"])) == float(shown(one.total))
        assert all(str(row["评议率"]).startswith("=IF(") for row in table(formulas, sheet))
    assert len(values["汇总"]._charts) == 1
    assert pdf(made).startswith(b"%PDF")

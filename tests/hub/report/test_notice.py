"""The notice as docx and pdf, read back by other libraries."""

import io
from datetime import date

import docx
import pypdf
import pytest
from docx.document import Document

from hub.domain import events as e
from hub.report import Basis, Paper, gather, typeset
from hub.report.docx import document
from hub.report.paper import Chart, Point
from hub.report.typeset import NoFont, pdf, picture
from tests.hub.domain import test_rates as ruling
from tests.hub.report import test_report
from tests.hub.report.test_report import Log

RED = "C00000"
CITIZEN = "市民张三反映"


@pytest.fixture
def log() -> Log:
    log = Log()
    log.visits(date(2026, 10, 9), 1, [5] * 93 + [2] * 3 + [None] * 4)
    log.visits(date(2026, 10, 9), 2, [5] * 9299 + [1] * 701)
    log.flagged(date(2026, 11, 2), date(2026, 11, 20))
    log.add(date(2026, 11, 20), e.FindingRecorded("d9", "complaint", 2, "1002", "confirmed", "", CITIZEN))
    return log


def paper(log: Log, today: date = date(2027, 1, 4)) -> Paper:
    return test_report.paper(log.quarter(today=today))


def opened(paper: Paper) -> Document:
    return docx.Document(io.BytesIO(document(paper)))


def words(document: Document) -> str:
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def text(content: bytes) -> str:
    """Without the breaks of lines and pages."""
    return "".join("".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def test_both_say_the_same(log: Log) -> None:
    made = paper(log)
    for said in (words(opened(made)).replace(" ", ""), text(pdf(made))):
        for part in (
            "示范县政务服务中心关于2026年第四季度",
            "授予“红旗窗口”1个：第1名1号窗口（人社局）",
            "三(八)“弄虚作假",
            "四(四)“",
            "擅自按键d1（2026-11-20）",
            "92.98",
            "2026-10-01至2026-12-31",
            "截至",
            "seed-county第1版",
            made.sha256,
            "截去小数后按整数百分点套档",
        ):
            assert part in said, part
        assert CITIZEN not in said, "notes may name citizens"


def test_tables_hold_the_csvs_rates_with_low_ones_in_red(log: Log) -> None:
    windows = opened(paper(log)).tables[1]
    rows = [[cell.text for cell in row.cells] for row in windows.rows]
    assert rows[0] == ["名次", "窗口", "部门", "办结", "评议率%", "满意率%", "得分", "结果"]
    assert rows[1][4:6] == ["96.00", "96.87"]
    assert rows[2][4:] == ["99.99", "92.98", rows[2][6], "取消：三(一)、三(八)、三(十)"]
    colours = [[cell.paragraphs[0].runs[0].font.color.rgb for cell in row.cells] for row in windows.rows]
    assert str(colours[2][5]) == RED
    assert (colours[1][5], colours[2][4]) == (None, None)


def test_the_document_is_in_office_style(log: Log) -> None:
    made = opened(paper(log))
    title, body = made.paragraphs[0], next(it for it in made.paragraphs if it.style and it.style.name == "公文正文")
    assert title.style is not None
    assert body.style is not None
    assert (title.style.font.name, title.style.font.size.pt) == ("方正小标宋简体", 22)  # type: ignore[union-attr]
    assert (body.style.font.name, body.style.font.size.pt) == ("仿宋_GB2312", 16)  # type: ignore[union-attr]
    assert body.style.paragraph_format.line_spacing.pt == 28  # type: ignore[union-attr]
    section = made.sections[0]
    assert [round(margin.mm) for margin in (section.top_margin, section.left_margin) if margin] == [37, 28]
    assert "PAGE" in section.footer.paragraphs[0]._p.xml
    assert len(made.inline_shapes) == 1
    fonts = next(part.blob for part in made.part.package.iter_parts() if part.partname == "/word/fontTable.xml")
    assert '<w:font w:name="方正小标宋简体"><w:altName w:val="SimSun"/>' in fonts.decode()


def test_a_running_quarter_says_so_on_every_page(log: Log) -> None:
    made = paper(log, date(2026, 11, 28))
    alarm = "季度未结束，截至2026年11月28日"
    pages = pypdf.PdfReader(io.BytesIO(pdf(made))).pages
    assert all(alarm in "".join(page.extract_text().split()) for page in pages)
    section = opened(made).sections[0]
    assert alarm in section.header.paragraphs[0].text
    assert alarm in section.even_page_header.paragraphs[0].text
    assert "按目前数据，暂列“红旗窗口”" in words(opened(made))
    assert "季度未结束" not in words(opened(paper(log)))


def test_the_chart_is_a_picture_of_so_many_windows(log: Log) -> None:
    content = picture(paper(log))
    assert content.startswith(b"\x89PNG")
    assert content == picture(paper(log))


@pytest.mark.parametrize("windows", [31, 61])
def test_many_windows_get_charts_below_each_other(windows: int) -> None:
    log = Log()
    for number in range(1, windows + 1):
        log.visits(date(2026, 10, 9), number, [5, None])
    panels = typeset._chart(paper(log).chart)["panels"]
    assert isinstance(panels, list)
    assert (sum(map(len, panels)), max(map(len, panels)) <= 30) == (windows, True)


def test_departments_are_named_once(log: Log) -> None:
    by_department = ruling.rules("seed-county", assessed_unit="department")
    quarter = gather(
        log.records, Basis("2026Q4", test_report.SETUP, test_report.SHANGHAI, by_department, date(2027, 1, 4))
    )
    made = opened(test_report.paper(quarter))
    assert [cell.text for cell in made.tables[1].rows[1].cells][:3] == ["1", "人社局", "100"]
    assert "第1名 人社局，" in words(made)


def test_names_of_departments_get_room() -> None:
    points = tuple(Point(f"某某县第{n}管理局", None, None) for n in range(20))
    panels = typeset._chart(Chart("", points, None))["panels"]
    assert isinstance(panels, list)
    assert list(map(len, panels)) == [7, 7, 6]


def test_what_no_document_may_hold_is_left_out() -> None:
    log = Log()
    log.add(date(2026, 10, 9), e.TicketFinished("t", "A", 1, "\x01=1+1\ufffe", "x"))
    assert "=1+1" in words(opened(paper(log)))
    assert "=1+1" in text(pdf(paper(log)))


def test_markup_in_names_is_text() -> None:
    log = Log()
    log.add(date(2026, 10, 9), e.TicketFinished("t", "A", 1, "#panic()*b*$x$", "x"))
    assert "#panic()*b*$x$" in text(pdf(paper(log)))


def test_a_quarter_without_a_visit_has_a_notice() -> None:
    made = paper(Log())
    assert "共办结 0 件" in words(opened(made))
    assert text(pdf(made))


def test_no_chinese_font_is_said() -> None:
    with pytest.raises(NoFont, match="fonts-noto-cjk"):
        typeset._chosen(typeset._SERIF, {"DejaVu Sans"})

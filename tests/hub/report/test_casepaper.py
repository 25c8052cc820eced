"""What a citizen is given for a case, in words and as a document."""

import io
from datetime import date

import docx
import pytest

from hub.config.holidays import announced
from hub.domain import casework
from hub.domain.casework import Filing, Opening
from hub.domain.model import Clerk, Service, Setup
from hub.errors import StateForbids
from hub.report import letter, letter_docx
from hub.report.casepaper import TITLES

CALENDAR = announced()
TODAY = date(2026, 11, 27)
SETUP = Setup(
    "示范县政务服务中心",
    {"social": Service("social", "社会保险登记", "A", materials=("身份证原件", "申请表一份"))},
    {},
    {"1001": Clerk("1001", "张三")},
    calendar=CALENDAR,
)


def case(kind: str, day: date = date(2026, 11, 2), **more: object) -> Filing:
    fields: dict[str, object] = {"promised": 5, "statutory": 20} | more
    new = Opening("〔2026〕1号", kind, "social", "人社局", day, 3, "1001", **fields)  # type: ignore[arg-type]
    filings: dict[str, Filing] = {}
    for fact in casework.opened(new, {}, CALENDAR, "王"):
        casework.fold(filings, fact)
    return filings[new.case]


def words(content: bytes) -> str:
    made = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in made.paragraphs), *cells])


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        (
            "promised",
            ("事项受理通知书", "按承诺件办理", "承诺 5 个工作日", "应于2026年11月9日前办结", "监察工作室投诉"),
        ),
        ("supplement", ("事项一次性告知书", "身份证原件", "申请表一份", "从材料补齐之日起计算", "待定")),
        ("joint", ("联办件通知书", "由人社局牵头", "2026-11-09")),
        ("rejected", ("驳回件通知书", "原因：____", "申请复核", "2026-11-05")),
        ("reported", ("上报件通知单", "上报并跟踪办理")),
    ],
)
def test_each_kind_has_its_paper(kind: str, parts: tuple[str, ...]) -> None:
    made = letter(case(kind), SETUP, TODAY)
    content = letter_docx(made)
    assert content == letter_docx(made)
    text = words(content)
    for part in (*parts, "〔2026〕1号", "张三（1001）", "人社局（3号窗口）", "2026年11月27日", "示范县政务服务中心"):
        assert part in text
    assert set(TITLES) == {"promised", "supplement", "joint", "rejected", "reported"}


def test_what_is_done_at_once_needs_none() -> None:
    with pytest.raises(StateForbids, match="当场办结"):
        letter(case("immediate"), SETUP, TODAY)


def test_estimates_stops_and_the_green_channel_are_told() -> None:
    guessed = words(letter_docx(letter(case("promised", date(2026, 12, 30)), SETUP, TODAY)))
    assert "预估" in guessed
    green = words(letter_docx(letter(case("promised", is_green=True, promised=None), SETUP, TODAY)))
    assert "绿色通道，法定时限减半，限 10 个工作日" in green
    one = case("promised")
    for fact in casework.stopped(one, "hearing", date(2026, 11, 4), TODAY, CALENDAR, "王"):
        casework.fold({one.case: one}, fact)
    assert "听证，自 2026-11-04 起不计入时限" in words(letter_docx(letter(one, SETUP, TODAY)))
    refused = case("rejected")
    refused.note = "缺少主件"
    assert "原因：缺少主件" in words(letter_docx(letter(refused, SETUP, TODAY)))

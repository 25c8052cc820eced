"""Cases from a CSV table: bad rows are told by line and reason, the good ones are all taken."""

from datetime import date

import pytest

from hub.caseimport import Fault, Taken, rows, take
from hub.config.holidays import announced
from hub.domain.casework import Filing
from hub.domain.model import Clerk, Service, Setup, WindowSetup
from hub.errors import BadValue

TODAY = date(2026, 11, 27)
SETUP = Setup(
    "示范县政务服务中心",
    {
        "social": Service("social", "社会保险", "A", promised_days=5, statutory_days=20),
        "tax": Service("tax", "税务", "B"),
    },
    {3: WindowSetup(3, "社保", "人社局", ("social",))},
    {"1001": Clerk("1001", "张三")},
    calendar=announced(),
)
HEADS = "办件编号,类型,业务,部门,窗口,工号,收件日期,承诺工作日,法定工作日,绿色通道,补齐日期,办结日期,结果,备注"
GOOD = [
    "甲1,承诺件,社会保险,,3,1001,2026-11-02,,,,,,,",
    "甲2,承诺,social,,3号,,2026/11/2,10,20,否,,2026年11月6日,办结,好",
    "甲3,补办件,social,人社局,,,2026-11-02,,,,2026-11-04,20261109,办结,",
    "甲4,驳回件,税务,税务局,,,2026-11-02 09:15,,,,,2026-11-03,不予批准,",
    "甲5,promised,social,,3,,2026-11-02,,,是,,,,",
    "甲6,即办件,social,,3,,2026-11-02,,,,,2026-11-02,办结,",
]
BAD = [
    (",承诺件,social,,3,,2026-11-02,,,,,,,", "办件编号", "空缺"),
    (f"{'长' * 65},承诺件,social,,3,,2026-11-02,,,,,,,", "办件编号", "64"),
    ("甲1,联办件,social,,3,,2026-11-02,,,,,,,", "办件编号", "已登记为另一件：承诺件、social、2026-11-02"),
    ("乙1,答复件,social,,3,,2026-11-02,,,,,,,", "类型", "“答复件”"),
    ("乙2,,social,,3,,2026-11-02,,,,,,,", "类型", "即办件、承诺件"),
    ("乙3,承诺件,护照,,3,,2026-11-02,,,,,,,", "业务", "没有业务“护照”"),
    ("乙4,承诺件,,,3,,2026-11-02,,,,,,,", "业务", "“”"),
    ("乙5,承诺件,social,,99,,2026-11-02,,,,,,,", "窗口", "没有 99 号窗口"),
    ("乙6,承诺件,social,,三,,2026-11-02,,,,,,,", "窗口", "“三”"),
    ("乙7,承诺件,social,,,,2026-11-02,,,,,,,", "部门", "至少填一个"),
    ("乙8,承诺件,social,,3,9009,2026-11-02,,,,,,,", "工号", "“9009”"),
    ("乙9,承诺件,social,,3,,,,,,,,,", "收件日期", "空缺"),
    ("乙10,承诺件,social,,3,,2026-02-30,,,,,,,", "收件日期", "2026-02-30"),
    ("乙11,承诺件,social,,3,,上周五,,,,,,,", "收件日期", "应如 2026-11-02"),
    ("乙12,承诺件,social,,3,,2026-11-28,,,,,,,", "收件日期", "晚于今天 2026-11-27"),
    ("乙13,承诺件,social,,3,,2026-11-02,五,,,,,,", "承诺工作日", "“五”"),
    ("乙14,承诺件,social,,3,,2026-11-02,30,,,,,,", "承诺工作日", "多于法定的 20 天"),
    ("乙15,承诺件,tax,税务局,,,2026-11-02,,,是,,,,", "绿色通道", "法定工作日"),
    ("乙16,承诺件,social,,3,,2026-11-02,,,也许,,,,", "绿色通道", "“也许”"),
    ("乙17,承诺件,social,,3,,2026-11-02,,,,2026-11-04,,,", "补齐日期", "只有补办件"),
    ("乙18,补办件,social,,3,,2026-11-02,,,,2026-11-01,,,", "补齐日期", "早于收件日期 2026-11-02"),
    ("乙19,补办件,social,,3,,2026-11-02,,,,,2026-11-09,办结,", "办结日期", "须先登记补齐材料"),
    ("乙20,承诺件,social,,3,,2026-11-02,,,,,2026-11-01,办结,", "办结日期", "早于收件日期"),
    ("乙21,承诺件,social,,3,,2026-11-02,,,,,2026-12-01,办结,", "办结日期", "晚于今天"),
    ("乙22,承诺件,social,,3,,2026-11-02,,,,,2026-11-09,丢了,", "结果", "“丢了”"),
    ("乙23,承诺件,social,,3,,2026-11-02,,,,,,办结,", "办结日期", "有结果而没有办结日期"),
    ("甲2,承诺,social,,3,,2026-11-02,,,,,2026-11-09,办结,", "办结日期", "已登记为 2026-11-06 办结"),
    ("甲3,补办件,social,人社局,,,2026-11-02,,,,2026-11-05,2026-11-09,办结,", "补齐日期", "已登记为 2026-11-04"),
    ("乙24,承诺件,social,,3,,2026-11-02,,,,,,,,多,出", "", "有 16 格"),
]


def taken(text: str | bytes, known: dict[str, Filing] | None = None) -> tuple[Taken, dict[str, Filing]]:
    filings = {} if known is None else known
    result = Taken()
    data = text.encode() if isinstance(text, str) else text
    for _ in take(rows(data), filings, SETUP, TODAY, "王", result):
        pass
    return result, filings


def test_good_rows_are_taken() -> None:
    result, filings = taken("\n".join([HEADS, *GOOD]))
    assert (result.received, result.faults) == (6, [])
    told = {case: (one.kind, one.due, one.closed, one.outcome) for case, one in filings.items()}
    assert told == {
        "甲1": ("promised", "2026-11-09", None, ""),
        "甲2": ("promised", "2026-11-16", "2026-11-06", "done"),
        "甲3": ("supplement", "2026-11-11", "2026-11-09", "done"),
        "甲4": ("rejected", "2026-11-05", "2026-11-03", "refused"),
        "甲5": ("promised", "2026-11-09", None, ""),
        "甲6": ("immediate", "2026-11-02", "2026-11-02", "done"),
    }
    assert (filings["甲4"].department, filings["甲1"].department, filings["甲5"].is_green) == ("税务局", "人社局", True)


def test_every_bad_row_is_told_by_line_and_reason_and_no_good_one_is_lost() -> None:
    lines = [HEADS, *GOOD, *(row for row, _, _ in BAD), "丙1,承诺件,social,,3,,2026-11-03,,,,,,,"]
    result, filings = taken("\n".join(lines))
    assert len(BAD) > 20
    assert (result.received, set(filings)) == (7, {"甲1", "甲2", "甲3", "甲4", "甲5", "甲6", "丙1"})
    for fault, (at, (_, column, part)) in zip(result.faults, enumerate(BAD, 2 + len(GOOD)), strict=True):
        assert (fault.line, fault.column, part in fault.reason) == (at, column, True), fault
    assert str(result.faults[0]) == f"第 {2 + len(GOOD)} 行：办件编号：空缺 (missing)"


def test_the_same_table_again_changes_nothing_and_a_later_one_closes() -> None:
    _, filings = taken("\n".join([HEADS, *GOOD]))
    again, _ = taken("\n".join([HEADS, *GOOD]), filings)
    assert (again.received, again.updated, again.unchanged, again.faults) == (0, 0, 6, [])
    later, _ = taken(f"{HEADS}\n甲1,承诺件,social,,3,,2026-11-02,,,,,2026-11-10,,", filings)
    assert (later.updated, filings["甲1"].closed) == (1, "2026-11-10")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_tables_of_office_programs_are_read(encoding: str) -> None:
    result, _ = taken("\r\n".join([HEADS, "", *GOOD]).encode(encoding))
    assert (result.received, result.faults) == (6, [])


def test_lines_are_counted_as_editors_do() -> None:
    result, _ = taken(
        f'{HEADS}\n"甲1",承诺件,social,,3,,2026-11-02,,,,,,,"两\n行"\n,承诺件,social,,3,,2026-11-02,,,,,,,'
    )
    assert [fault.line for fault in result.faults] == [4]


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", HEADS.replace("类型", "类別").encode(), b"\xff\xff\x00"])
def test_what_is_no_table_of_cases_is_refused_whole(data: bytes) -> None:
    with pytest.raises(BadValue, match="CSV"):
        list(rows(data))


def test_english_heads_are_known() -> None:
    result, _ = taken("case,kind,service,window,day\nE1,joint,tax,3,2026-11-02\n")
    assert (result.received, result.faults) == (1, [])
    assert isinstance(Fault(1, "", "x"), Fault)

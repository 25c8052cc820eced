"""What a citizen is given for a case (六件分类法): 受理, 一次性告知, 联办, 驳回, 上报."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from hub.domain.casework import KINDS, PROCEDURES, REJECTED_DAYS, Filing, limit
from hub.domain.model import Setup
from hub.errors import StateForbids
from hub.report.paper import Block, Cell, Column, Table, Text, chinese

TITLES: Final = {
    "promised": "事项受理通知书",
    "supplement": "事项一次性告知书",
    "joint": "联办件通知书",
    "rejected": "驳回件通知书",
    "reported": "上报件通知单",
}
"""By kind; a case that is done at once needs none."""
ESTIMATED: Final = "（预估：该年节假日尚未公布，公布后以更正为准）"


@dataclass(frozen=True, slots=True)
class Letter:
    """A paper for one case."""

    hall: str
    title: str
    number: str
    blocks: tuple[Block, ...]
    signed: str
    day: date


def letter(one: Filing, setup: Setup, today: date) -> Letter:
    """The paper of a case's kind; StateForbids where it has none."""
    title = TITLES.get(one.kind)
    if title is None:
        raise StateForbids("letter", one.kind, f"{KINDS.get(one.kind, one.kind)}当场办结，不出具通知书 (none is given)")
    blocks = (*_body(one, setup), _facts(one, setup), *_rights(one))
    return Letter(setup.name, title, one.case, blocks, f"{setup.name}{one.department}窗口", today)


def _body(one: Filing, setup: Setup) -> Iterator[Block]:
    service = setup.services.get(one.service)
    name = one.service if service is None else service.name
    received = chinese(date.fromisoformat(one.day))
    yield Text("申请人：")
    said = f"您（贵单位）于{received}提交的“{name}”申请"
    match one.kind:
        case "promised":
            yield Text(f"{said}，申报材料齐全，符合受理条件，现予受理，按承诺件办理。{_term(one)}")
        case "joint":
            yield Text(f"{said}，须经两个以上部门审批，现予受理，按联办件办理，由{one.department}牵头。{_term(one)}")
        case "reported":
            yield Text(
                f"{said}，须经上级部门批准，现予受理，按上报件办理，由{one.department}上报并跟踪办理。{_term(one)}"
            )
        case "rejected":
            why = f"原因：{one.note}" if one.note else "原因：____________________________"
            yield Text(f"{said}，经审查不符合受理条件，按驳回件处理。{why}。")
        case _:
            yield Text(f"{said}，尚需补充材料，按补办件办理。现将本事项所需的全部材料一次告知如下：")
            materials = () if service is None else service.materials
            rows = tuple((Cell(str(at)), Cell(text), Cell("")) for at, text in enumerate(materials, 1))
            if rows:
                yield Table((Column("序号", 2), Column("材料", 12, "left"), Column("需补（√）", 3)), rows)
            else:
                yield Text("需补的材料：____________________________________________")
            yield Text(f"办理时限从材料补齐之日起计算。{_term(one)}")


def _term(one: Filing) -> str:
    days = limit(one)
    if days is None:
        return ""
    given = f"绿色通道，法定时限减半，限 {days} 个工作日" if one.is_green else f"承诺 {days} 个工作日"
    if one.due is None:
        return f"{given}办结。"
    due = chinese(date.fromisoformat(one.due))
    return f"{given}，应于{due}前办结{ESTIMATED if one.is_estimated else ''}。"


def _facts(one: Filing, setup: Setup) -> Table:
    clerk = setup.clerks.get(one.clerk or "")
    rows = [
        ("办件编号", one.case),
        ("办件类型", KINDS.get(one.kind, one.kind)),
        ("承办部门", one.department + (f"（{one.window}号窗口）" if one.window is not None else "")),
        ("经办人", "—" if one.clerk is None else one.clerk if clerk is None else f"{clerk.name}（{one.clerk}）"),
        ("收件日期", one.day),
        ("到期日", (one.due or "待定") + (ESTIMATED if one.is_estimated else "")),
    ]
    if one.is_stopped:
        rows.append(("停钟", f"{PROCEDURES.get(one.stops[-1].procedure, '')}，自 {one.stops[-1].begin} 起不计入时限"))
    cells = tuple((Cell(head), Cell(text)) for head, text in rows)
    return Table((Column("项目", 4), Column("内容", 13, "left")), cells)


def _rights(one: Filing) -> Iterator[Block]:
    if one.kind == "rejected":
        yield Text(
            f"对驳回有异议的，可持本通知书到政务服务管理股申请复核。窗口决定驳回，最迟不超过 {REJECTED_DAYS} 个工作日。"
        )
    else:
        yield Text("听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审所需时间，不计入办理时限。")
        yield Text("逾期未办结的，可向政务服务管理股或县纪委行政效能监察工作室投诉。")

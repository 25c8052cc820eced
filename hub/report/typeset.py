"""The notice as PDF, and its chart as a picture, set by Typst with the system's Chinese fonts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal

import typst

from hub.errors import HallhubError
from hub.report.paper import Block, Chart, Heading, Paper, Point, Table, Text, chinese, is_below

_TEMPLATE: Final = Path(__file__).with_name("paper.typ")
_SERIF: Final = (
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
)
_SANS: Final = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "Noto Serif CJK SC",
    "Source Han Serif SC",
)
_NUMBERS_PER_PANEL: Final = 30
_NAMES_PER_PANEL: Final = 7
"""Windows, or departments, side by side in a chart."""
_SHORT: Final = 3
_PPI: Final = 200.0


class NoFont(HallhubError):
    """The system has no Chinese font that can be set in PDF."""

    def __init__(self) -> None:
        super().__init__(
            f"缺少中文字体，无法排版 docx 的图和 pdf；请执行 apt install fonts-noto-cjk（需 {_SANS[0]}、{_SERIF[0]}）"
            " (no Chinese font found)"
        )


def pdf(paper: Paper) -> bytes:
    """The notice; the same paper gives the same bytes on machines with the same fonts."""
    return _set(paper, "paper", "pdf")


def picture(paper: Paper) -> bytes:
    """The chart as PNG."""
    return _set(paper, "chart", "png")


def _set(paper: Paper, part: str, form: Literal["pdf", "png"]) -> bytes:
    fonts = typst.Fonts(include_embedded_fonts=False)
    families = set(fonts.families())
    serif, sans = _chosen(_SERIF, families), _chosen(_SANS, families)
    as_of = paper.quarter.as_of
    values = {
        "serif": serif,
        "sans": sans,
        "title": paper.title_lines,
        "hall": paper.hall,
        "alarm": paper.alarm,
        "day": {"year": as_of.year, "month": as_of.month, "day": as_of.day},
        "signed": chinese(as_of),
        "chart": _chart(paper.chart),
        "blocks": [_block(block) for block in paper.notice()] if part == "paper" else [],
    }
    made = typst.Compiler(font_paths=fonts).compile(
        _TEMPLATE.read_bytes(),
        format=form,
        ppi=_PPI,
        sys_inputs={"paper": json.dumps(values, ensure_ascii=False), "part": part},
        timestamp=datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC),
    )
    assert isinstance(made, bytes)
    return made


def _chosen(wanted: Sequence[str], families: set[str]) -> str:
    found = next((name for name in wanted if name in families), None)
    if found is None:
        raise NoFont
    return found


def _block(block: Block) -> dict[str, object]:
    match block:
        case Heading(text=text):
            return {"kind": "heading", "text": text}
        case Text(text=text, is_alarm=is_alarm):
            return {"kind": "text", "text": text, "alarm": is_alarm}
        case Chart():
            return {"kind": "chart"}
        case Table(columns=columns, rows=rows):
            return {
                "kind": "table",
                "columns": [{"title": it.title, "width": it.width, "align": it.align} for it in columns],
                "rows": [[{"text": cell.text, "low": cell.is_low} for cell in row] for row in rows],
            }


def _chart(chart: Chart) -> dict[str, object]:
    shares = [share for point in chart.points for share in (point.rated, point.satisfied) if share is not None]
    lowest = min([*shares, *([] if chart.limit is None else [chart.limit])], default=Fraction(0))
    tenths = lowest * 10 // 1
    floor = max(0, tenths - (lowest * 10 == tenths))  # a point on the floor would be cut
    points = [_point(point, chart.limit) for point in chart.points]
    most = _NUMBERS_PER_PANEL if all(len(point.label) <= _SHORT for point in chart.points) else _NAMES_PER_PANEL
    rows = -(-len(points) // most) or 1
    each = -(-len(points) // rows) or 1
    return {
        "title": chart.title,
        "floor": floor / 10,
        "limit": None if chart.limit is None else float(chart.limit),
        "limit_text": "" if chart.limit is None else f"{float(chart.limit * 100):g}%",
        "panels": [points[at : at + each] for at in range(0, len(points), each)],
    }


def _point(point: Point, limit: Fraction | None) -> dict[str, object]:
    rated, satisfied = (None if share is None else float(share) for share in (point.rated, point.satisfied))
    is_low = is_below(point.rated, limit) or is_below(point.satisfied, limit)
    return {"label": point.label, "rated": rated, "satisfied": satisfied, "low": is_low}

"""An assessment as CSV (interfaces.md, "The quarter's report as CSV"): UTF-8 with BOM, one header line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Final

from hub.domain.assessment import Assessment, Quarter, Result, shown
from hub.domain.rates import percent
from hub.domain.rules import Sheet

Row = Sequence[object]
_RESULT: Final = (
    "finished", "rated", "satisfied", "dissatisfied_confirmed", "rated_share", "satisfied_share", "rated_points",
    "satisfied_points", "total_points", "disqualified", "reasons", "rank", "award",
)  # fmt: skip


def windows(quarter: Quarter, result: Assessment) -> Iterator[Row]:
    """One row a window (or department), by number."""
    yield ("window", "department", *_RESULT)
    for one in sorted(result.windows, key=by_key):
        yield (one.subject.key, one.subject.department, *_result(one, quarter, quarter.rules.windows))


def clerks(quarter: Quarter, result: Assessment) -> Iterator[Row]:
    """One row a clerk."""
    yield ("clerk", "name", "department", *_RESULT)
    for one in sorted(result.clerks, key=by_key):
        who = (one.subject.key, one.subject.name, one.subject.department)
        yield (*who, *_result(one, quarter, quarter.rules.clerks))


def decisions(quarter: Quarter, _: Assessment) -> Iterator[Row]:
    """What was decided where the regulation is silent."""
    yield ("decision", "value", "text")
    for name, decision in quarter.rules.decisions.items():
        value = decision.value if isinstance(decision.value, str) else "、".join(map(str, decision.value))
        yield name, value, decision.meaning


def evidence(_: Quarter, result: Assessment) -> Iterator[Row]:
    """What each sheet rests on."""
    yield ("subject", "article", "event", "t", "note")
    for one in (*sorted(result.windows, key=by_key), *sorted(result.clerks, key=by_key)):
        for found in one.evidence:
            yield one.subject.key, found.article, found.event, found.day.isoformat(), found.note


TABLES: Final[dict[str, Callable[[Quarter, Assessment], Iterator[Row]]]] = {
    "windows.csv": windows,
    "clerks.csv": clerks,
    "decisions.csv": decisions,
    "evidence.csv": evidence,
}


def csv_files(quarter: Quarter, result: Assessment) -> dict[str, bytes]:
    """The four tables as files, by name."""
    return {name: as_csv(rows(quarter, result)) for name, rows in TABLES.items()}


def as_csv(rows: Iterable[Row]) -> bytes:
    """Rows as a file: UTF-8 with BOM."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _result(one: Result, quarter: Quarter, sheet: Sheet) -> Row:
    return (
        one.counts.finished,
        one.counts.rated,
        one.counts.satisfied(quarter.rules),
        one.dissatisfied,
        percent(one.rated_share),
        percent(one.satisfied_share),
        _points(one.points_of("rated_share", sheet)),
        _points(one.points_of("satisfied_share", sheet)),
        shown(one.total),
        "yes" if one.reasons else "no",
        ";".join(one.reasons),
        "" if one.rank is None else one.rank,
        one.award,
    )


def _points(points: Fraction | None) -> str:
    return "" if points is None else shown(points)


def _cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text[:1] in {"=", "+", "@", "\t", "\r"} else text


def by_key(one: Result) -> tuple[int, str]:
    """Windows and clerks by number."""
    key = one.subject.key
    return (int(key), key) if key.isdecimal() else (0, key)

"""A year as CSV tables: windows, departments, clerks, and the ladders' steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from hub.domain.assessment import shown
from hub.domain.rules import FINDINGS
from hub.domain.year import OfYear, Year
from hub.report.tables import Row, as_csv

SHEETS: Final = ("year_windows.csv", "year_departments.csv", "year_clerks.csv", "year_sanctions.csv")


def year_files(year: Year) -> dict[str, bytes]:
    """The tables as files, by name."""
    made = (_subjects(year, year.windows), _subjects(year, year.departments), _clerks(year), _sanctions(year))
    return {name: as_csv(rows) for name, rows in zip(SHEETS, made, strict=True)}


def _subjects(year: Year, of: Sequence[OfYear]) -> Iterator[Row]:
    yield ("subject", "name", "department", *_heads(year), "mean", "awards")
    for one in of:
        yield _row(one)


def _clerks(year: Year) -> Iterator[Row]:
    yield ("clerk", "name", "department", *_heads(year), "mean", "awards", "barred", "articles", "reasons")
    for one in year.clerks:
        articles = ";".join(article for article, _ in one.barred)
        reasons = "；".join(reason for _, reason in one.barred)
        yield *_row(one), "yes" if one.barred else "no", articles, reasons


def _sanctions(year: Year) -> Iterator[Row]:
    yield "clerk", "name", "ladder", "article", "times", "sanction", "finding", "kind", "day"
    for one in year.clerks:
        for step in one.steps:
            finding = step.finding
            yield (
                one.subject.key, one.subject.name, step.ladder.title, step.ladder.article, step.times, step.sanction,
                finding.id, FINDINGS.get(finding.kind, finding.kind), finding.day.isoformat(),
            )  # fmt: skip


def _heads(year: Year) -> list[str]:
    return [head for name in year.quarters for head in (f"{name}_points", f"{name}_rank")]


def _row(one: OfYear) -> Row:
    quarters = [
        value
        for total, rank in zip(one.totals, one.ranks, strict=True)
        for value in ("" if total is None else shown(total), "" if rank is None else rank)
    ]
    mean = "" if one.mean is None else shown(one.mean)
    return (one.subject.key, one.subject.name, one.subject.department, *quarters, mean, one.awards)

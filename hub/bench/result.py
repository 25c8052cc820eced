"""One measured figure, its floor and its bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Result:
    """A line of the table; `ok` is None where the figure has no bar."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    """The same unit, measured in the same run."""
    ratio: float | None = None
    bar: str = ""
    ok: bool | None = None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """The object of interfaces.md, with the note beside."""
        return asdict(self)


Progress = Callable[[str], None]
Benchmark = Callable[[Progress], Sequence[Result]]


def at_most(name: str, value: float, unit: str, limit: float, *, floor: float | None = None, note: str = "") -> Result:
    """A figure that must not be above a limit in its own unit."""
    ratio = value / floor if floor else None
    return Result(name, value, unit, floor, ratio, f"≤ {limit:g} {unit}", value <= limit, note)


def at_least(name: str, value: float, unit: str, least: float, *, note: str = "") -> Result:
    """A figure that must not be below a limit in its own unit."""
    return Result(name, value, unit, bar=f"≥ {least:g} {unit}", ok=value >= least, note=note)


def ratio_at_least(name: str, value: float, unit: str, floor: float, least: float, *, note: str = "") -> Result:
    """A rate that must reach a share of its floor."""
    ratio = value / floor
    return Result(name, value, unit, floor, ratio, f"≥ {least:g} × floor", ratio >= least, note)


def ratio_at_most(name: str, value: float, unit: str, floor: float, most: float, *, note: str = "") -> Result:
    """A time that must stay below a multiple of its floor."""
    ratio = value / floor
    return Result(name, value, unit, floor, ratio, f"≤ {most:g} × floor", ratio <= most, note)


def figure(name: str, value: float, unit: str, *, floor: float | None = None, note: str = "") -> Result:
    """A figure without a bar."""
    return Result(name, value, unit, floor, value / floor if floor else None, note=note)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0..1) of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float]) -> str:
    """The median with its range, for a note."""
    return f"{median(values):.3g} [{min(values):.3g}–{max(values):.3g}]"

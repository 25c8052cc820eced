"""What is told beside a flag's evidence and never weighed: it raises no flag and makes none stronger.

Declared assistance: visits of which a clerk said beforehand that the citizen would be helped are no evidence either
way. Who declares it for far more visits than others do may be at a window for the elderly, or hide behind it.

Visits rated by two ways: who would press in a citizen's place can't know what the citizen says by phone. Rare, and open
to whoever holds the slip, so it is a lead for the people who look into a flag.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from hub.selfpress.flags import Row
from hub.selfpress.reading import Event, Id

_COMPARED: Final = frozenset({"rating.agreed", "rating.disagreed"})


@dataclass(frozen=True, slots=True)
class _Twice:
    """A visit rated at the keypad and by another way."""

    day: int
    ticket: Id | None
    other: int
    """The level that the other way brought."""
    opposed: bool
    """The keypad says top, the other way low."""


@dataclass(slots=True)
class _Helped:
    """How many of a day's finished visits."""

    day: int
    declared: int = 0
    finished: int = 0


@dataclass(slots=True)
class Asides:
    """A quarter's, by clerk."""

    _twice: dict[Id, list[_Twice]] = field(default_factory=dict)
    _helped: dict[Id, list[_Helped]] = field(default_factory=dict)

    def take(self, events: Iterable[Event], day: int, top: int, is_low: Callable[[int], bool]) -> None:
        """Note a day's; `top` is the best level, `is_low(level)` whether one is in the lower half."""
        today: dict[Id, _Helped] = {}
        for event in events:
            if event.clerk is None:
                continue
            if event.ev == "ticket.finished":
                today.setdefault(event.clerk, _Helped(day)).finished += 1
            elif event.ev == "press.assist_declared":
                today.setdefault(event.clerk, _Helped(day)).declared += 1
            elif event.ev in _COMPARED:
                levels = _levels(event)
                if levels is not None:
                    opposed = event.ev == "rating.disagreed" and levels[0] >= top and is_low(levels[1])
                    found = _Twice(day, event.ticket, levels[1], opposed)
                    self._twice.setdefault(event.clerk, []).append(found)
        for clerk, helped in today.items():
            self._helped.setdefault(clerk, []).append(helped)

    def rows(self, clerk: Id, since_day: int) -> list[Row]:
        """What is worth telling of a clerk since a day, each with the hall's others in the same time."""
        twice = {who: [one for one in all_of if one.day >= since_day] for who, all_of in self._twice.items()}
        rows = [_twice_row(clerk, twice)] if twice.get(clerk) else []
        helped = {
            who: (sum(one.declared for one in kept), sum(one.finished for one in kept))
            for who, all_of in self._helped.items()
            if (kept := [one for one in all_of if one.day >= since_day])
        }
        return [*rows, _helped_row(clerk, helped)] if helped.get(clerk, (0, 0))[0] else rows

    def opposed(self, clerk: Id) -> dict[Id, int]:
        """The tickets of a clerk on which keypad and other way contradict each other, with what the other way says."""
        return {one.ticket: one.other for one in self._twice.get(clerk, ()) if one.opposed and one.ticket is not None}


def _levels(event: Event) -> tuple[int, int] | None:
    """The keypad's level and the other way's; None where neither or both are a keypad's."""
    first, second = event.level, event.second_level
    if not isinstance(second, int) or first is None:
        return None
    if event.source == "keypad" and event.second_source != "keypad":
        return first, second
    if event.second_source == "keypad" and event.source != "keypad":
        return second, first
    return None


def _twice_row(clerk: Id, twice: dict[Id, list[_Twice]]) -> Row:
    mine = twice[clerk]
    k, n = sum(one.opposed for one in mine), len(mine)
    others = [one.opposed for who, all_of in twice.items() if who != clerk for one in all_of]
    share = sum(others) / len(others) if others else -1.0
    usual = "" if share < 0 else f"，大厅其他人员为 {_percent(share)}"
    usual_en = "" if share < 0 else f"; the hall's others {_percent(share)}"
    zh = f"{n} 件业务既按键又用手机评价，其中 {k} 件按键为最高档而手机为低档{usual}（仅供核查参考，不计入证据强度）"
    en = f"of {n} visits rated at the keypad and by phone {k} were top at the keypad and low by phone{usual_en}"
    return Row("twice", k, n, share, zh, f"{en} (a lead only, not weighed)")


def _helped_row(clerk: Id, helped: dict[Id, tuple[int, int]]) -> Row:
    k, n = helped[clerk]
    others = [pair for who, pair in helped.items() if who != clerk]
    whole = sum(finished for _, finished in others)
    share = sum(declared for declared, _ in others) / whole if whole else -1.0
    usual = "" if share < 0 else f"，大厅其他人员为 {_percent(share)}"
    usual_en = "" if share < 0 else f"; the hall's others {_percent(share)}"
    part = _percent(k / max(n, 1))
    zh = f"{n} 件办结业务中，本人事先声明协助评价 {k} 件（{part}）{usual}（这些件不作为证据）"
    en = f"assistance declared beforehand for {k} of {n} finished visits ({part}){usual_en} (not taken as evidence)"
    return Row("assisted", k, n, share, zh, en)


def _percent(share: float) -> str:
    return f"{math.floor(share * 1000) / 10:.1f}%"

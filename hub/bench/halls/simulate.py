"""One hall's quarter: the lines that a detector gets, and the truth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from hub.bench.halls.people import Clerk, clerks_of
from hub.bench.halls.shapes import Shape
from hub.bench.halls.visits import CLOSES, NOON, OPENS, REOPENS, Line, WindowDay

DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Hall:
    """A quarter as it was written down, and what was true of it."""

    lines: list[str]
    by: dict[str, tuple[str, str]]
    """Press → clerk and maker (citizen, assisted, stray, cheat)."""
    clerks: list[Clerk]
    first_fake: dict[str, int]
    """Clerk → day of the first false press or other misdeed."""


def simulate(shape: Shape, seed: str) -> Hall:
    """Simulate a hall; the same seed gives the same hall."""
    random = Random(f"halls/{seed}")
    clerks = clerks_of(shape, random)
    playgrounds = [random.random() < shape.playgrounds for _ in range(shape.windows)]
    events: list[Line] = []
    for day in range(shape.days):
        offset = (day + 2 * (day // 5) if shape.first_day is not None else day) * DAY_MS
        for one in _day(shape, random, day, clerks, playgrounds):
            one.live()
            events += ({**line, "t": offset + round(line["t"] * 1000)} for line in one.events())
        if day == shape.campaign_day:
            events.append({"t": offset + 9 * 3_600_000, "ev": "hall.announcement"})
    return _written(shape, random, clerks, events)


def _day(shape: Shape, random: Random, day: int, clerks: list[Clerk], playgrounds: list[bool]) -> Iterator[WindowDay]:
    """Who sits where today; a window may change its clerk at noon."""
    here = [clerk for clerk in clerks if day >= clerk.from_day and (day + int(clerk.name)) % clerk.every == 0]
    regular, spare = here[: shape.windows], here[shape.windows :]
    random.shuffle(spare)
    for place, clerk in enumerate(regular):
        at_work = spare.pop() if spare and random.random() < 0.15 else clerk
        if spare and random.random() < shape.swaps:
            yield WindowDay(shape, random, day, place + 1, at_work, playgrounds[place], begin=OPENS, end=NOON)
            yield WindowDay(shape, random, day, place + 1, spare.pop(), playgrounds[place], begin=REOPENS, end=CLOSES)
        else:
            yield WindowDay(shape, random, day, place + 1, at_work, playgrounds[place])


def _written(shape: Shape, random: Random, clerks: list[Clerk], events: list[Line]) -> Hall:
    """The stream as the hub would have written it: in time order, then with its faults."""
    events.sort(key=lambda line: line["t"])
    events = _at_the_devices(shape, random, events)
    by: dict[str, tuple[str, str]] = {}
    first: dict[str, int] = {}
    for number, line in enumerate(line for line in events if line["ev"] == "key.pressed"):
        line["press"] = f"p{number:06}"
        clerk, maker = line.pop("by")
        by[line["press"]] = (clerk, maker)
        if maker == "cheat":
            first.setdefault(clerk, line["t"] // DAY_MS)
    start: Line = {"t": 0, "ev": "hall.start", "days": shape.days, "levels": shape.levels, "tz": "Asia/Shanghai"}
    if shape.first_day is not None:
        start["first_day"] = shape.first_day
    lines = [start, *_on_the_way(shape, random, events)]
    text = [json.dumps({"v": 1, "seq": number, **line}) for number, line in enumerate(lines)]
    return Hall(text, by, clerks, first)


def _at_the_devices(shape: Shape, random: Random, events: list[Line]) -> list[Line]:
    """Keypads that go away, hang, or change places; a clock that steps."""
    last = events[-1]["t"] // DAY_MS if events else 0
    busy = {(line["win"], line["t"] // DAY_MS): line["clerk"] for line in events if line["ev"] == "window.open"}
    for (window, day), clerk in busy.items():
        t = day * DAY_MS + random.randrange(9, 16) * 3_600_000
        if random.random() < shape.offline:
            events = _away(random, events, window, t)
        if random.random() < shape.stuck:
            press: Line = {"ev": "key.pressed", "win": window, "level": shape.levels, "by": (clerk, "stray")}
            events += ({**press, "t": t + 400 * n} for n in range(random.randrange(15, 60)))
    if shape.swapped:
        other = {2: 3, 3: 2}
        for line in events:
            if line["ev"] == "key.pressed" and line["t"] // DAY_MS > last // 2:
                line["win"] = other.get(line["win"], line["win"])
    events.sort(key=lambda line: line["t"])
    return _stepped(shape, random, events, last)


def _away(random: Random, events: list[Line], window: int, begin: int) -> list[Line]:
    """A keypad goes away for a while: half of its presses are lost, the others come when it is back."""
    end = begin + random.randrange(20, 1_200) * 1_000
    kept: list[Line] = []
    for line in events:
        if line["ev"] == "key.pressed" and line["win"] == window and begin <= line["t"] < end:
            if random.random() < 0.5:
                continue
            line["t"] = end + random.randrange(200, 2_500)
        kept.append(line)
    for t, what in ((begin, "device.offline"), (end, "device.online")):
        kept.append({"t": t, "ev": what, "device": f"pad-{window}", "win": window})
    return kept


def _stepped(shape: Shape, random: Random, events: list[Line], last: int) -> list[Line]:
    """On some days the clock is wrong from some hour on, and is set right at night."""
    if not shape.skew_ms:
        return events
    steps = {
        day: (day * DAY_MS + random.randrange(9, 16) * 3_600_000, round(random.uniform(-1, 1) * shape.skew_ms))
        for day in range(last + 1)
        if random.random() < 0.15
    }
    for line in events:
        begin, by = steps.get(line["t"] // DAY_MS, (0, 0))
        if by and line["t"] >= begin:
            line["t"] += by
            if "until" in line:
                line["until"] += by
    return events


def _on_the_way(shape: Shape, random: Random, events: list[Line]) -> list[Line]:
    """Lines that are lost, come twice or late; presses are evidence and are never lost."""
    lines: list[Line] = []
    late: list[tuple[int, Line]] = []
    for at, line in enumerate(events):
        while late and late[0][0] <= at:
            lines.append(late.pop(0)[1])
        dice = random.random()
        if dice < shape.lost and line["ev"] != "key.pressed":
            continue
        if dice < shape.lost + shape.late_lines:
            late.append((at + random.randrange(3, 40), line))
            late.sort(key=lambda pair: pair[0])
            continue
        lines.append(line)
        if dice > 1 - shape.repeated:
            lines.append(line)
    return [*lines, *(line for _, line in late)]


def truth_lines(hall: Hall) -> Iterator[dict[str, Any]]:
    """The truth in the practice kit's form."""
    for press, (clerk, maker) in hall.by.items():
        yield {"press": press, "clerk": clerk, "by": maker}
    for one in hall.clerks:
        start = hall.first_fake.get(one.name)
        strategy = one.strategy if start is not None else None
        yield {"clerk": one.name, "strategy": strategy, "start_day": start}

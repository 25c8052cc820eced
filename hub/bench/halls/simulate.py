"""One hall's quarter: the lines that a detector gets, and the truth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

from hub.bench.halls import ruses
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
    angry = [bool(shape.bad_days) and random.random() < shape.bad_days for _ in range(shape.days)]
    apprentices = _apprentices(shape, random, clerks)
    events: list[Line] = []
    for day in range(shape.days):
        today: list[WindowDay] = []
        offset = (day + 2 * (day // 5) if shape.first_day is not None else day) * DAY_MS
        for one in _day(shape, random, day, clerks, playgrounds, apprentices):
            one.mood = 1.2 if angry[day] else 0.0
            one.live()
            today.append(one)
        _favours(random, today)
        for one in today:
            events += ({**line, "t": offset + round(line["t"] * 1000)} for line in one.events())
        if day == shape.campaign_day:
            events.append({"t": offset + 9 * 3_600_000, "ev": "hall.announcement"})
    return _written(shape, random, clerks, events)


def _apprentices(shape: Shape, random: Random, clerks: list[Clerk]) -> list[Clerk]:
    """Honest people with a clerk's name and ways of their own."""
    if not shape.apprentices:
        return []
    return [
        replace(
            clerk,
            rate=clerk.rate + random.gauss(0, 0.6),
            top=clerk.top + random.gauss(0, 0.4),
            pace=clerk.pace * 1.5,
            early=min(0.5, 3 * clerk.early),
            from_day=random.randrange(shape.days // 2),
            strategy=None,
        )
        for clerk in clerks
        if random.random() < shape.apprentices
    ]


def _favours(random: Random, today: list[WindowDay]) -> None:
    """A cheat who spreads presses does two neighbours' windows too: who sits there has agreed and cheats as well."""
    for at, one in enumerate(today):
        if one.clerk.strategy == "spread" and one.day >= one.clerk.start:
            for friend in {id(day): day for day in (today[at - 1], today[(at + 1) % len(today)])}.values():
                friend.favoured(ruses.favours(friend.left, one.clerk.dose, random))


def _day(
    shape: Shape, random: Random, day: int, clerks: list[Clerk], playgrounds: list[bool], apprentices: list[Clerk]
) -> Iterator[WindowDay]:
    """Who sits where today; a window may change its clerk at noon."""
    here = [clerk for clerk in clerks if day >= clerk.from_day and (day + int(clerk.name)) % clerk.every == 0]
    regular, spare = here[: shape.windows], here[shape.windows :]
    random.shuffle(spare)
    moved = shape.relocated and day >= shape.days // 2
    first = 101 if moved else 1
    for place, clerk in enumerate(reversed(regular) if moved else regular):
        at_work = spare.pop() if spare and random.random() < 0.15 else clerk
        if spare and random.random() < shape.swaps:
            yield WindowDay(shape, random, day, place + first, at_work, playgrounds[place], begin=OPENS, end=NOON)
            at_work = spare.pop()
            yield WindowDay(shape, random, day, place + first, at_work, playgrounds[place], begin=REOPENS, end=CLOSES)
        else:
            yield WindowDay(shape, random, day, place + first, at_work, playgrounds[place])
    for number, apprentice in enumerate(apprentices, first + shape.windows):
        if day >= apprentice.from_day and random.random() < 0.5:
            yield WindowDay(shape, random, day, number, apprentice, playground=False)


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
    """Keypads that go away, hang, or change places; a line that holds presses; a clock that steps."""
    last = events[-1]["t"] // DAY_MS if events else 0
    events = _broken(shape, random, events)
    if shape.swapped:
        other = {2: 3, 3: 2}
        for line in events:
            if line["ev"] == "key.pressed" and line["t"] // DAY_MS > last // 2:
                line["win"] = other.get(line["win"], line["win"])
    if shape.bunch_s:
        _bunch(shape, random, events)
    events.sort(key=lambda line: line["t"])
    return _stepped(shape, random, events, last)


def _broken(shape: Shape, random: Random, events: list[Line]) -> list[Line]:
    """Keypads that go away or hang."""
    busy = {(line["win"], line["t"] // DAY_MS): line["clerk"] for line in events if line["ev"] == "window.open"}
    presses: dict[int, list[Line]] = {}
    for line in events:
        if line["ev"] == "key.pressed":
            presses.setdefault(line["win"], []).append(line)
    dropped: set[int] = set()
    for (window, day), clerk in busy.items():
        t = day * DAY_MS + random.randrange(9, 16) * 3_600_000
        if random.random() < shape.offline:
            end, lost = _away(random, presses.get(window, ()), t)
            dropped |= lost
            for at, what in ((t, "device.offline"), (end, "device.online")):
                events.append({"t": at, "ev": what, "device": f"pad-{window}", "win": window})
        if random.random() < shape.stuck:
            press: Line = {"ev": "key.pressed", "win": window, "level": shape.levels, "by": (clerk, "stray")}
            hung = [{**press, "t": t + 400 * n} for n in range(random.randrange(15, 60))]
            presses.setdefault(window, []).extend(hung)
            events += hung
    return [line for line in events if id(line) not in dropped]


def _away(random: Random, presses: Iterable[Line], begin: int) -> tuple[int, set[int]]:
    """A keypad goes away until the time returned: half of its presses are lost (their ids), others come later."""
    end = begin + random.randrange(20, 1_200) * 1_000
    lost = set()
    for line in presses:
        if begin <= line["t"] < end:
            if random.random() < 0.5:
                lost.add(id(line))
            else:
                line["t"] = end + random.randrange(200, 2_500)
    return end, lost


def _bunch(shape: Shape, random: Random, events: list[Line]) -> None:
    """Windows of even number share a line that holds its presses for a while, one while in four."""
    while_ms = round(1000 * shape.bunch_s)
    held: dict[int, int] = {}
    for line in events:
        if line["ev"] != "key.pressed" or line["win"] % 2:
            continue
        span = line["t"] // while_ms
        if span not in held:
            held[span] = -1 if random.random() < 0.75 else 0
        if held[span] >= 0:
            line["t"] = (span + 1) * while_ms + 120 * held[span]
            held[span] += 1


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

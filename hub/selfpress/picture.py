"""A flag as a picture (SVG): the clerk's delays against the hall's, and when the presses concerned were made.

Where a pattern is a matter of shares (ratings, invites, outages), shares by week stand in the delays' place.
"""

from __future__ import annotations

import math
from html import escape
from typing import Final

from hub.selfpress.explain import day_text, plain
from hub.selfpress.flags import Delays, Flag, Week
from hub.selfpress.reading import DAY_MS
from hub.selfpress.words import WORDS

WIDTH: Final = 760
HEIGHT: Final = 560
_LEFT: Final = 64
_RIGHT: Final = 736
_TOP, _BASE = 84, 270
_DAYS_TOP, _DAYS_BASE = 350, 500
_SECONDS: Final = (0.1, 0.3, 1, 3, 10, 30, 100)
_HOURS: Final = (8, 10, 12, 14, 16, 18)
_FIRST_HOUR, _LAST_HOUR = 7, 20
_PRESSES: Final = "有关按键的日期和时刻　when the presses concerned were made"
_CLERK, _HALL, _BAND, _INK = "#1f6feb", "#57606a", "#ffd8a8", "#1c2128"
_OPEN: Final = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
    'role="img" aria-label="{label}">'
)
_STYLE: Final = (
    "text{font-family:'Noto Sans CJK SC','Noto Sans SC','Microsoft YaHei',sans-serif;font-size:14px;fill:#1c2128}"
    ".title{font-size:19px;font-weight:600}.small{font-size:12px;fill:#57606a}"
)


def picture(flag: Flag) -> str:
    """The whole SVG document; names in it are escaped."""
    words = WORDS[flag.pattern]
    parts = [
        _OPEN.format(label=escape(plain(f"{flag.clerk}：{words.zh}"))),
        f"<style>{_STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(24, 34, f"{words.zh}　工作人员 {flag.clerk}", "title"),
        _text(_RIGHT, 34, words.en, "small", "end"),
        *(_weeks(flag) if flag.weeks else _histogram(flag.delays)),
        *_calendar(flag),
        "</svg>",
    ]
    return "\n".join(parts)


def _histogram(delays: Delays) -> list[str]:
    """Shares of presses by how long after the finish they came, on a log axis."""
    most = max([*delays.clerk, *delays.hall, 0.01])
    first, last = _SECONDS[0] / 1.6, _SECONDS[-1] * 1.6

    def x(seconds: float) -> float:
        part = math.log(max(seconds, first) / first) / math.log(last / first)
        return _LEFT + (_RIGHT - _LEFT) * min(1.0, part)

    def y(share: float) -> float:
        return _BASE - (_BASE - _TOP) * share / most

    parts = [
        _text(
            24,
            66,
            "办结到按键的时间（秒）：柱为本人，线为大厅（按本人群众的快慢折算）　seconds from finish to press",
            "small",
        )
    ]
    if delays.band_s is not None:
        low, high = x(delays.band_s[0]), x(delays.band_s[1])
        band = max(3.0, high - low)
        parts.append(f'<rect x="{low:.1f}" y="{_TOP}" width="{band:.1f}" height="{_BASE - _TOP}" fill="{_BAND}"/>')
    points = []
    for at, (mine, hall) in enumerate(zip(delays.clerk, delays.hall, strict=True)):
        start = delays.first_s * math.exp(at * delays.log_width)
        left, right = x(start), x(start * math.exp(delays.log_width))
        if right <= left:
            continue
        if mine:
            top = y(mine)
            parts.append(
                f'<rect x="{left + 0.5:.1f}" y="{top:.1f}" width="{max(1.0, right - left - 1):.1f}" '
                f'height="{_BASE - top:.1f}" fill="{_CLERK}" fill-opacity="0.75"/>'
            )
        points.append(f"{(left + right) / 2:.1f},{y(hall):.1f}")
    parts.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{_HALL}" stroke-width="2.5"/>')
    parts.append(_axis(_BASE))
    parts += [_text(x(second), _BASE + 20, f"{second:g}", "small", "middle") for second in _SECONDS]
    parts += [
        _text(_LEFT - 8, y(share) + 4, f"{share * 100:.0f}%", "small", "end")
        for share in (most, most / 2)
        if share >= 0.01
    ]
    return parts


def _weeks(flag: Flag) -> list[str]:
    """The clerk's share of each five days as a bar with its counts, the hall's others as a line; later weeks shaded."""
    words, weeks = WORDS[flag.pattern], flag.weeks
    most = max([0.02, *(_share(week) for week in weeks), *(week.share for week in weeks)])
    wide = (_RIGHT - _LEFT) / len(weeks)

    def y(share: float) -> float:
        return _BASE - (_BASE - _TOP) * share / most

    said = f"每五个工作日的占比（{words.did_zh}）：柱为本人，线为大厅　share by five days: {words.did_en}"
    parts = [_text(24, 66, said, "small")]
    since = next((at for at, week in enumerate(weeks) if week.day >= flag.since_day), 0)
    x = _LEFT + wide * since
    parts.append(f'<rect x="{x:.1f}" y="{_TOP}" width="{_RIGHT - x:.1f}" height="{_BASE - _TOP}" fill="{_BAND}"/>')
    for at, week in enumerate(weeks):
        left, top = _LEFT + wide * at, y(_share(week))
        bar = f'x="{left + wide * 0.2:.1f}" y="{top:.1f}" width="{wide * 0.6:.1f}" height="{_BASE - top:.1f}"'
        parts.append(f'<rect {bar} fill="{_CLERK}" fill-opacity="0.75"/>')
        if wide > 40:
            parts.append(_text(left + wide / 2, _BASE + 18, f"{week.k}/{week.n}", "small", "middle"))
        if week.share >= 0:
            line = f'x1="{left:.1f}" x2="{left + wide:.1f}" y1="{y(week.share):.1f}" y2="{y(week.share):.1f}"'
            parts.append(f'<line {line} stroke="{_HALL}" stroke-width="2.5"/>')
    parts.append(_axis(_BASE))
    parts += [_text(_LEFT - 8, y(share) + 4, f"{share * 100:.3g}%", "small", "end") for share in (most, most / 2)]
    return parts


def _share(week: Week) -> float:
    return week.k / week.n if week.n else 0.0


def _calendar(flag: Flag) -> list[str]:
    """The presses or visits concerned: a dot for each, by day and time of day."""
    first, last = flag.since_day, int(flag.t // DAY_MS)
    span = max(1, last - first)

    def x(day: float) -> float:
        return _LEFT + 8 + (_RIGHT - _LEFT - 16) * (day - first) / span

    def y(hour: float) -> float:
        part = (min(max(hour, _FIRST_HOUR), _LAST_HOUR) - _FIRST_HOUR) / (_LAST_HOUR - _FIRST_HOUR)
        return _DAYS_TOP + (_DAYS_BASE - _DAYS_TOP) * part

    what = "有关业务的日期和时刻　when the visits concerned ended" if flag.is_watch else _PRESSES
    parts = [_text(24, 326, what, "small")]
    for hour in _HOURS:
        parts.append(f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{y(hour):.1f}" y2="{y(hour):.1f}" stroke="#eaeef2"/>')
        parts.append(_text(_LEFT - 8, y(hour) + 4, f"{hour}:00", "small", "end"))
    for t in [*(press.t for press in flag.suspects), *(visit.t for visit in flag.visits)]:
        day, ms = divmod(t, DAY_MS)
        where = f'cx="{x(day):.1f}" cy="{y(ms / 3_600_000):.1f}"'
        parts.append(f'<circle {where} r="4.5" fill="{_CLERK}" fill-opacity="0.7"/>')
    parts.append(_axis(_DAYS_BASE))
    parts.append(_text(_LEFT, _DAYS_BASE + 22, day_text(first, flag.first_day), "small"))
    parts.append(_text(_RIGHT, _DAYS_BASE + 22, day_text(last, flag.first_day), "small", "end"))
    parts.append(_text(24, HEIGHT - 12, "此图供核查，不是结论　for inquiry, not a finding", "small"))
    return parts


def _axis(y: int) -> str:
    return f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{y}" y2="{y}" stroke="{_INK}"/>'


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(plain(text))}</text>'

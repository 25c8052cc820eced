"""The demo's terminal screen: what is going on in the hall, where to click, how to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from hub.demo.books import Books
from hub.demo.story import Sentence
from hub.demo.town import Town
from hub.domain.model import WindowState
from hub.domain.state import HallState

STATES: Final[dict[WindowState, tuple[str, str]]] = {
    "closed": ("未开放 closed", "dim"),
    "idle": ("空闲 idle", "green"),
    "called": ("叫号 called", "bold yellow"),
    "serving": ("办理 serving", "bold cyan"),
    "rating": ("评价 rating", "bold green"),
    "paused": ("暂停 paused", "magenta"),
}
_ABOUT: Final = " 人和设备是模拟的，驱动与中枢是真的 (simulated people and devices, real hub)"
_WEEKDAYS: Final = "一二三四五六日"
_WIDE_FROM: Final = 120
"""Columns from which windows and news stand side by side."""
_WINDOW_WIDTH: Final = 66
_NEWS_LEAST: Final = 4
_LINK_LINES: Final = 5


@dataclass(frozen=True, slots=True)
class Links:
    """Where to click."""

    kiosk: str
    wall: str
    caller: str
    inspector: str
    docs: str
    told: str
    """Path of demo.json."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All that the screen shows; `now` is read at each drawing."""

    title: str
    town: Town
    state: HallState
    books: Books
    news: Sequence[Sentence]
    links: Links
    speed: float
    now: Callable[[], datetime]
    caller_window: int
    has_visitor: Callable[[int], bool]
    """Whether whoever watches works at that window."""


class Screen:
    """A renderable: whole lines for any size of terminal from 60 × 16 on."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Exactly the terminal's lines."""
        width, height = options.max_width, options.height or console.height
        for n, line in enumerate(self.lines(width, height)):
            if n:
                yield Segment.line()
            yield from line.render(console)

    def lines(self, width: int, height: int) -> list[Text]:
        """The whole screen, line by line, none wider than the terminal."""
        head, foot = self._head(width), self._links(width)
        room = max(0, height - len(head) - len(foot))
        body = self._wide(width, room) if width >= _WIDE_FROM else self._narrow(width, room)
        body += [Text("")] * (room - len(body))
        return [*head, *body[:room], *foot][:height]

    # --- parts ----------------------------------------------------------------------------------------------------

    def _head(self, width: int) -> list[Text]:
        scene, now = self._scene, self._scene.now()
        day = f"{now.month}月{now.day}日 星期{_WEEKDAYS[now.weekday()]}"
        left = Text.assemble((f" {scene.title} ", "bold reverse"), "  ", day, " ", (now.strftime("%H:%M:%S"), "bold"))
        right = Text(f"×{scene.speed:g}  Ctrl-C 停止 stop ", style="dim")
        return [_both_ends(left, right, width), _cut(Text(_ABOUT, "italic"), width), self._figures(width)]

    def _figures(self, width: int) -> Text:
        books = self._scene.books
        waiting = sum(len(queue) for queue in self._scene.state.queues.values())
        figures = [
            ("取号 tickets", str(books.issued)),
            ("等候 waiting", str(waiting)),
            ("办结 done", str(books.finished)),
            ("评价 rated", f"{books.rated} ({books.rated_percent.partition('.')[0] or '–'}%)"),
            ("平均等候 mean wait", f"{books.wait_min} min"),
            ("过号 missed", str(books.missed)),
            ("按键 presses", str(books.presses)),
        ]
        line = Text()
        for name, value in figures:
            more = Text.assemble(" " if not line else "  ", (f"{name} ", "dim"), (value, "bold"))
            if cell_len(line.plain) + cell_len(more.plain) > width:
                break
            line.append_text(more)
        return line

    def _windows(self, width: int, most: int) -> list[Text]:
        """The table; where it does not fit, the busiest windows first."""
        town, state = self._scene.town, self._scene.state
        rows = [_Row.of(window.number, town, state, self._scene.has_visitor) for window in town.windows]
        shown = rows
        if len(rows) + 1 > most:
            busy = sorted(rows, key=lambda row: (row.state in {"closed", "idle", "paused"}, row.number))
            shown = sorted(busy[: max(0, most - 2)], key=lambda row: row.number)
        lines = [
            _cells(("窗口 window", "状态 state", "号 ticket", "工作人员 clerk", "等候 waits"), width, "dim underline")
        ]
        lines += [row.line(width) for row in shown]
        if len(shown) < len(rows):
            lines.append(Text(f" …另有 {len(rows) - len(shown)} 个窗口，见大屏 (more on the wall)", "dim"))
        return lines

    def _news(self, width: int, most: int) -> list[Text]:
        lines = [_fit(Text(" 刚刚发生 latest"), width, "dim underline")]
        latest = list(self._scene.news)[max(0, len(self._scene.news) - max(0, most - 1)) :]
        return lines + [
            _fit(Text.assemble((f" {sentence.at} ", "dim"), (sentence.text, sentence.style)), width)
            for sentence in latest
        ]

    def _links(self, width: int) -> list[Text]:
        links = self._scene.links
        titled = (
            ("取号机 kiosk ", links.kiosk),
            ("大屏   wall  ", links.wall),
            (f"{self._scene.caller_window}号窗口 caller", links.caller),
            ("核查 inspector", links.inspector),
            ("接口   API   ", f"{links.docs}   令牌 tokens: {links.told}"),
        )
        lines = [
            _fit(
                Text(" 在浏览器打开 (open in a browser; take a ticket, or sit down at the window)"),
                width,
                "dim underline",
            )
        ]
        for title, link in titled:
            style = Style(color="bright_blue", bold=True, link=link.partition(" ")[0])
            lines.append(Text.assemble(" ", set_cell_size(title, 14), " ", (link, style)))
        return [_cut(line, width) for line in lines]

    def _narrow(self, width: int, room: int) -> list[Text]:
        windows = self._windows(width, max(2, room - _NEWS_LEAST))
        return [*windows, *self._news(width, room - len(windows))]

    def _wide(self, width: int, room: int) -> list[Text]:
        left = self._windows(_WINDOW_WIDTH, room)
        right = self._news(width - _WINDOW_WIDTH - 2, room)
        rows = max(len(left), len(right))
        blank = Text(" " * _WINDOW_WIDTH)
        return [
            Text.assemble(
                _fit(left[n], _WINDOW_WIDTH) if n < len(left) else blank, "  ", right[n] if n < len(right) else ""
            )
            for n in range(rows)
        ]


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    name: str
    state: WindowState
    ticket: str
    clerk: str
    waits: int

    @classmethod
    def of(cls, number: int, town: Town, state: HallState, has_visitor: Callable[[int], bool]) -> _Row:
        window, now = town.window(number), state.window(number)
        ticket = state.tickets.get(now.ticket or "")
        if ticket is None and now.state == "rating" and now.invite is not None:
            ticket = state.tickets.get(now.invite.ticket)
        return cls(
            number=number,
            name=window.name,
            state=now.state,
            ticket=ticket.number if ticket else "",
            clerk="您在办理 you" if has_visitor(number) else town.clerk(now.clerk).name if now.clerk else "",
            waits=sum(len(state.queues.get(code, ())) for code in window.services),
        )

    def line(self, width: int) -> Text:
        word, style = STATES[self.state]
        return _cells(
            (f"{self.number:>2} {self.name}", (word, style), (self.ticket, "bold"), self.clerk, str(self.waits)), width
        )


def _cells(values: Iterable[str | tuple[str, str]], width: int, style: str = "") -> Text:
    """One row of the windows' table."""
    line = Text(" ", style=style)
    for value, cells in zip(values, _COLUMNS, strict=True):
        text, own = value if isinstance(value, tuple) else (value, "")
        line.append(set_cell_size(text, cells), own)
    return _fit(line, width)


_COLUMNS: Final = (18, 16, 10, 16, 5)


def _both_ends(left: Text, right: Text, width: int) -> Text:
    gap = width - cell_len(left.plain) - cell_len(right.plain)
    if gap < 1:
        return _cut(left, width)
    return Text.assemble(left, " " * gap, right)


def _fit(line: Text, width: int, style: str = "") -> Text:
    """Exactly so wide."""
    if style:
        line.stylize(style)
    line.truncate(width, overflow="ellipsis", pad=True)
    return line


def _cut(line: Text, width: int) -> Text:
    line.truncate(width, overflow="ellipsis")
    return line

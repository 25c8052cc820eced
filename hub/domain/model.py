"""The hall as it is set up, and the words that its rules use (glossary: ARCHITECTURE.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NewType

from hub.domain.calendar import WorkCalendar

TicketId = NewType("TicketId", str)
PressId = NewType("PressId", str)
RatingId = NewType("RatingId", str)
ClerkId = NewType("ClerkId", str)

TicketState = Literal["waiting", "called", "serving", "held", "missed", "finished", "cancelled", "expired"]
WindowState = Literal["closed", "idle", "called", "serving", "rating", "paused"]
LEVEL_WORDS: Final = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}  # glossary: level
CaseState = Literal[
    "open", "assigned", "once_confirmed", "confirmed", "dismissed", "referred", "appealed", "upheld", "overturned"
]
"""Of a flag: what became of the suspicion."""
Source = Literal["keypad", "tablet", "phone", "staff"]
Disposition = Literal[
    "maintenance",
    "bounce",
    "duplicate",
    "unmapped",
    "rating",
    "repeated",
    "paused",
    "closed",
    "late",
    "uninvited",
]

# Who may be called before others, lower first; equal ranks take turns by arrival. The groups are those that halls name
# at the counter (hall-practice §6): seriously ill and aged, disabled, serving and retired military, booked visitors.
PRIORITY_RANK: Mapping[str, int] = {
    "green_channel": 0,
    "elderly": 1,
    "disabled": 1,
    "serviceman": 1,
    "appointment": 2,
}
PRIORITY_NAMES: Mapping[str, str] = {
    "green_channel": "绿色通道",
    "elderly": "老年人",
    "disabled": "残障人士",
    "serviceman": "军人",
    "appointment": "预约",
}
ORDINARY_RANK = 3

MAX_RECALLS = 5  # the pad's host caps repeats at five (devices.md §3.1)


@dataclass(frozen=True, slots=True)
class Service:
    """业务: what a citizen comes for."""

    code: str
    name: str
    prefix: str
    first: int = 1
    last: int = 9999
    quota: int | None = None
    """Tickets a day; None: as many as there are numbers."""
    typical_s: int = 300
    """Service time to assume until the hall has its own recent ones."""
    promised_days: int | None = None
    """Working days in which a case is promised to be done (承诺时限)."""
    statutory_days: int | None = None
    """Working days that the law gives (法定时限)."""
    materials: tuple[str, ...] = ()
    """申报材料, all of them: 一次性告知."""


@dataclass(frozen=True, slots=True)
class WindowSetup:
    """窗口, as the configuration has it."""

    number: int
    name: str
    department: str
    services: tuple[str, ...]
    """Service codes, most important first."""
    clerk: str | None = None
    """Signed on by the day's first pad key."""
    transfer_to: int | None = None


@dataclass(frozen=True, slots=True)
class Clerk:
    """窗口工作人员."""

    id: str
    name: str
    department: str = ""
    pin: str | None = None


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything the rules need to know of the hall's configuration."""

    name: str
    services: Mapping[str, Service]
    windows: Mapping[int, WindowSetup]
    clerks: Mapping[str, Clerk] = field(default_factory=dict)
    kiosks: tuple[str, ...] = ()
    max_overtakes: int = 3
    """So many calls in a row may prefer somebody to the longest-waiting; then it is that one's turn."""
    return_after: int = 3
    """A missed ticket that comes back waits behind so many others; behind more with each further miss."""
    invite_s: int = 60
    """domain.md `invite_expires`: keypad and tablet, seconds."""
    slip_code_digits: int = 0
    """Of the code on the slip that a phone's or tablet's rating must carry; 0 for none."""
    callback_sample: int = 100
    """Ratings of a quarter that are drawn to be called back."""
    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    _serving: dict[str, tuple[int, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def windows_of(self, service: str) -> tuple[int, ...]:
        """Numbers of the windows that serve it, ascending."""
        if service not in self._serving:
            self._serving[service] = tuple(sorted(n for n, w in self.windows.items() if service in w.services))
        return self._serving[service]

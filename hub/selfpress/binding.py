"""Which visit, which clerk: a press says neither, so what the window was doing decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from hub.selfpress.reading import DAY_MS, Event, Id

REACH_MS: Final = 60_000  # how long a visit without a known end of its invite can be rated
SETTLED_MS: Final = 3_000  # a press this soon after the next citizen's arrival may still be the last one's
AGAIN_MS: Final = 1_500  # the same key within this is one press (interfaces.md: duplicate)
DECLARED_MS: Final = 120_000  # how long a declared assistance covers a press
BUFFERED_MS: Final = 3_000  # presses this soon after a device came back may have waited in it
SLOW_MS: Final = 60_000  # and this long where the next was called meanwhile
MAINTAINED_MS: Final = 1_800_000  # how long work on a keypad is taken to last where the log has no word of its end
LEFT_MS: Final = 1_800_000  # so long after a window closed a press there is still that of whoever left it
LATE_MS: Final = 120_000  # a press this long after the reach may still be a slow citizen's


class Place(IntEnum):
    """Where in the window's work a press fell."""

    AFTER = 0  # after a visit's finish, inside the reach of its invite
    BEFORE = 1  # during a visit, before its finish
    NOBODY = 2  # window open, no visit that it could rate
    CLOSED = 3  # window paused or closed
    LATE = 4  # the last visit's invite is over, nobody was called since and nobody rated it
    DURING = 5  # before the finish of a visit that was rated after it
    UNKNOWN = 6  # the visit's end was lost, the device was away or worked on: says nothing


@dataclass(slots=True)
class Visit:
    """One ticket at one window; times in ms, None where not seen."""

    ticket: Id
    service: Id | None
    window: Id
    clerk: Id | None
    called: float | None
    issued: float | None = None
    arrived: float | None = None
    finished: float | None = None
    invited: float | None = None
    until: float | None = None
    missed: float | None = None
    recalled: float | None = None
    next_call: float | None = None
    outage: bool = False
    maintenance: bool = False  # the keypad was worked on: nobody could rate as usual
    declared: bool = False
    presses: list[Press] = field(default_factory=list)

    @property
    def reach(self) -> float:
        """Until when a press may be this visit's."""
        if self.until is not None:
            return self.until + 1_000
        return (self.finished or 0) + REACH_MS


@dataclass(slots=True)
class Press:
    """One key press, bound."""

    id: Id
    t: float
    window: Id
    clerk: Id | None
    level: int
    place: Place
    visit: Visit | None = None
    again: bool = False  # the same key as just before: one press
    order: int = 0  # of the presses on its visit, repeats by `again` left out
    declared: bool = False
    slow: bool = False  # the citizen before, who has not rated, may still have made it
    next_call: float | None = None


@dataclass(slots=True)
class _Window:
    """What a window is doing."""

    clerk: Id | None = None
    is_open: bool | None = None
    current: Visit | None = None
    last: Visit | None = None
    pressed: Press | None = None
    since_call: list[Press] = field(default_factory=list)
    left_at: float = -1e18
    """When it was last closed or paused."""
    begun: bool = False
    """Somebody has sat there today."""
    away: set[Id | None] = field(default_factory=set)
    """Its keypads that are offline."""
    online_at: float = -1e18
    declared_at: float = -1e18
    maintenance: dict[tuple[Id | None, str], float] = field(default_factory=dict)
    """Until when, by device and what is done with it (drill, maintenance): one's end is not the other's."""

    @property
    def offline(self) -> bool:
        """Whether a keypad is away."""
        return bool(self.away)

    def maintained(self, t: float) -> bool:
        """Whether presses are tests now."""
        return bool(self.maintenance) and any(t < until for until in self.maintenance.values())


Windows = dict[Id, tuple[Id | None, bool | None, set[Id | None], dict[tuple[Id | None, str], float]]]
"""What of each window a night keeps: clerk, whether it was open (None: never told), keypads away, maintenance."""


class Binder:
    """Follows every window through a day; feed events in order, then take `visits` and `presses`."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self.presses: list[Press] = []
        self._windows: dict[Id, _Window] = {}
        self._issued: dict[Id, float] = {}
        self._handlers: dict[str, Callable[[Event, _Window], None]] = {
            "window.open": self._opened,
            "window.pause": self._paused,
            "window.close": self._paused,
            "ticket.called": self._called,
            "ticket.recalled": self._recalled,
            "ticket.arrived": self._arrived,
            "ticket.taken_back": self._called,
            "ticket.finished": self._finished,
            "ticket.missed": self._missed,
            "ticket.held": self._left,
            "ticket.transferred": self._left,
            "rating.invited": self._invited,
            "key.pressed": self._pressed,
            "press.assist_declared": self._assisted,
            "device.offline": self._went,
            "device.online": self._returned,
            "device.maintenance": self._maintained,
        }

    def feed(self, event: Event) -> Press | None:
        """Take one event; the press that it was, bound as far as is known now."""
        if event.ev == "ticket.issued":
            if event.ticket is not None:
                self._issued[event.ticket] = event.t
            return None
        handler = self._handlers.get(event.ev)
        if handler is None or event.win is None:
            return None
        window = self._windows.get(event.win)
        if window is None:
            window = self._windows[event.win] = _Window()
        count = len(self.presses)
        handler(event, window)
        return self.presses[-1] if len(self.presses) > count else None

    def feed_all(self, events: Iterable[Event]) -> None:
        """Take many events."""
        for event in events:
            self.feed(event)

    def new_day(self, begun: Windows | None = None) -> Windows:
        """Forget the day's visits and presses and what windows were in the midst of; clerks stay at their windows.

        What it gives back begins the same day once more.
        """
        begun = begun or {win: (w.clerk, w.is_open, w.away, w.maintenance) for win, w in self._windows.items()}
        self.visits, self.presses, self._issued = [], [], {}
        self._windows = {
            win: _Window(clerk, None if is_open is None else False, away=set(away), maintenance=dict(maintained))
            for win, (clerk, is_open, away, maintained) in begun.items()
        }
        return begun

    def end_day(self) -> None:
        """Settle what waits for a finish that never came; where nobody sat today, a press is nobody's."""
        for window in self._windows.values():
            self._drop_current(window)
            if not window.begun:
                for press in window.since_call:
                    press.clerk = None
        for visit in self.visits:
            if len(visit.presses) > 1:
                self._set_apart(visit)

    def _set_apart(self, visit: Visit) -> None:
        """A press before the finish is the rating only where none came after it."""
        finished = visit.finished
        if finished is None or not any(press.t >= finished and not press.again for press in visit.presses):
            return
        for press in visit.presses:
            if press.t < finished:
                press.place = Place.LATE if press.slow else Place.DURING
        self._number(visit)

    # windows

    def _opened(self, event: Event, w: _Window) -> None:
        if event.clerk is not None:
            self._sits(event.clerk, w)
            for press in w.since_call:
                if press.clerk is None and press.place is not Place.CLOSED:
                    press.clerk = event.clerk
        w.is_open = True

    def _paused(self, event: Event, w: _Window) -> None:
        if event.clerk is not None:
            self._sits(event.clerk, w)
        w.is_open, w.left_at = False, event.t

    @staticmethod
    def _sits(clerk: Id, w: _Window) -> None:
        """The clerk is at the window. What was pressed while it was closed is another's only soon after that one left.

        Who pressed an hour after one clerk left and before another came can't be told.
        """
        if clerk != w.clerk:
            for press in w.since_call:
                if press.place is Place.CLOSED and press.t - w.left_at > LEFT_MS:
                    press.clerk = None
        w.clerk, w.begun = clerk, True

    # tickets

    def _called(self, event: Event, w: _Window) -> None:
        if event.ticket is None:
            return
        self._seen(event, w)
        if w.current is not None:
            if w.current.ticket == event.ticket:
                return
            self._drop_current(w)
        if w.last is not None and w.last.next_call is None:
            w.last.next_call = event.t
        for press in w.since_call:
            press.next_call = event.t
        w.since_call = []
        self._start(event, w)

    def _start(self, event: Event, w: _Window) -> Visit:
        assert event.ticket is not None
        assert event.win is not None
        issued = self._issued.get(event.ticket)
        visit = Visit(event.ticket, event.service, event.win, w.clerk, event.t, issued, outage=w.offline)
        visit.maintenance = w.maintained(event.t)
        w.current = visit
        return visit

    def _recalled(self, event: Event, w: _Window) -> None:
        self._seen(event, w)
        if w.current is not None and w.current.ticket == event.ticket:
            w.current.recalled = event.t

    def _seen(self, event: Event, w: _Window) -> None:
        """A clerk who serves is on duty, whatever was lost."""
        if event.clerk is not None:
            self._sits(event.clerk, w)
        if w.is_open is None:
            w.is_open = True

    def _arrived(self, event: Event, w: _Window) -> None:
        if event.ticket is None:
            return
        self._seen(event, w)
        if w.current is None or w.current.ticket != event.ticket:
            self._drop_current(w)
            self._start(event, w).called = None
        assert w.current is not None
        w.current.arrived = event.t

    def _finished(self, event: Event, w: _Window) -> None:
        if event.ticket is None:
            return
        self._seen(event, w)
        if w.current is None or w.current.ticket != event.ticket:
            self._drop_current(w)
            known = w.last is not None and w.last.ticket == event.ticket and w.last.finished is not None
            if known:
                return
            self._start(event, w).called = None
        self._finish(w, event.t)

    def _finish(self, w: _Window, t: float) -> None:
        visit = w.current
        assert visit is not None
        visit.finished, visit.clerk = t, w.clerk
        visit.outage = visit.outage or w.offline
        visit.declared = visit.declared or t - w.declared_at < DECLARED_MS
        self.visits.append(visit)
        w.last, w.current = visit, None
        for press in visit.presses:
            press.clerk = w.clerk
            if visit.arrived is not None and press.t < visit.arrived:
                press.place, press.visit = Place.LATE if press.slow else Place.NOBODY, None
        visit.presses = [press for press in visit.presses if press.visit is visit]
        self._number(visit)

    def _invited(self, event: Event, w: _Window) -> None:
        current = w.current
        if current is not None and (event.ticket is None or current.ticket == event.ticket):
            self._finish(w, event.t)  # the finish was lost
        last = w.last
        if last is not None and (event.ticket is None or last.ticket == event.ticket):
            last.invited = event.t
            if event.until is not None and event.until > event.t:
                last.until = event.until

    def _missed(self, event: Event, w: _Window) -> None:
        self._seen(event, w)
        visit = w.current
        if visit is None or visit.ticket != event.ticket:
            return
        visit.missed = event.t
        self.visits.append(visit)
        self._drop_current(w)

    def _left(self, _event: Event, w: _Window) -> None:
        self._drop_current(w)

    def _drop_current(self, w: _Window) -> None:
        """The ticket at the window ends without a finish: presses during it say nothing."""
        if w.current is not None:
            for press in w.current.presses:
                press.place = Place.UNKNOWN if w.current.missed is None else Place.NOBODY
                press.visit = None
            w.current = None

    # presses

    def _pressed(self, event: Event, w: _Window) -> None:
        if event.press is None or event.win is None or event.level is None:
            return
        t = event.t
        press = Press(event.press, t, event.win, w.clerk, event.level, Place.NOBODY)
        if event.maintenance or w.maintained(t):
            press.place = Place.UNKNOWN  # a test: it is no visit's, and no other press is judged by it
            self.presses.append(press)
            return
        before = w.pressed
        if before is not None:
            press.again = event.again is not None or (before.level == press.level and 0 <= t - before.t <= AGAIN_MS)
        w.pressed = press
        self._bind(press, w)
        if w.offline:  # whoever sends a press is back, though no line said so
            w.away, w.online_at = set(), t
        if 0 <= t - w.online_at <= BUFFERED_MS:
            press.place = Place.UNKNOWN
        press.declared = 0 <= t - w.declared_at < DECLARED_MS and press.place in (Place.AFTER, Place.BEFORE)
        if press.declared and not press.again:
            w.declared_at = -1e18
        self.presses.append(press)
        w.since_call.append(press)

    def _bind(self, press: Press, w: _Window) -> None:
        t, last, current = press.t, w.last, w.current
        open_last = last is not None and last.finished is not None and t <= last.reach
        press.slow = last is not None and not last.presses and t <= last.reach + SLOW_MS
        if (
            last is not None
            and open_last
            and not last.presses
            and (current is None or current.arrived is None or t < current.arrived + SETTLED_MS)
        ):
            press.place, press.visit, press.clerk = Place.AFTER, last, last.clerk
        elif current is not None:
            press.place, press.visit = Place.BEFORE, current
        elif last is not None and open_last:
            press.place, press.visit, press.clerk = Place.AFTER, last, last.clerk
        elif last is not None and not last.presses and t <= last.reach + LATE_MS:
            press.place, press.visit, press.clerk = Place.LATE, last, last.clerk
        elif w.is_open is False:
            press.place = Place.CLOSED
        visit = press.visit
        if visit is not None:
            visit.presses.append(press)
            self._number(visit)

    @staticmethod
    def _number(visit: Visit) -> None:
        order = 0
        for press in visit.presses:
            if not press.again and press.place in (Place.AFTER, Place.BEFORE):
                order += 1
            press.order = max(1, order)

    # devices and declarations

    def _assisted(self, event: Event, w: _Window) -> None:
        """Said in mid-visit it covers that visit however long it lasts, said after it the press that comes soon.

        Said after the press it covers nothing.
        """
        visit = w.current or w.last
        if visit is not None and any(not press.again for press in visit.presses):
            return
        w.declared_at = event.t
        if w.current is not None:
            w.current.declared = True

    def _went(self, event: Event, w: _Window) -> None:
        w.away.add(event.device)
        for visit in _ratable(w):
            visit.outage = True

    def _returned(self, event: Event, w: _Window) -> None:
        w.away.discard(event.device)
        if not w.away:
            w.online_at = event.t

    def _maintained(self, event: Event, w: _Window) -> None:
        """Work on the keypad begins or ends; a start that names no end holds until one comes, or for half an hour."""
        work = (event.device, event.what)
        if event.state == "end":
            w.maintenance.pop(work, None)
            return
        known = event.state == "start"
        w.maintenance[work] = event.until if event.until is not None else event.t + (DAY_MS if known else MAINTAINED_MS)
        for visit in _ratable(w):
            visit.maintenance = True


def _ratable(w: _Window) -> list[Visit]:
    """The visits whose rating would still come."""
    last = w.last if w.last is not None and w.last.next_call is None and not w.last.presses else None
    return [visit for visit in (w.current, last) if visit is not None]

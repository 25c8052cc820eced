"""The devices' own log against the hub's: every press stored, every stored press made, every slip printed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from drivers.emulation.truth import Happened
from hub.demo.hardware import pads_name
from hub.domain import events as e

NAMED_MOST: Final = 20
"""Differences that are told one by one; the rest are counted."""
EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class _Frame:
    press: int
    raw: str


@dataclass(slots=True)
class Audit:
    """Compares day by day; the counts are sums over all days."""

    windows: tuple[int, ...]
    pressed: int = 0
    """Rating keys pressed on devices."""
    keyed: int = 0
    """Pad keys pressed on devices."""
    frames_sent: int = 0
    """With bounces and resends."""
    frames_stored: int = 0
    acked: int = 0
    printed: int = 0
    slips: int = 0
    tickets: int = 0
    """Issued at the kiosk that has a printer."""
    armed: int = 0
    """Evaluators armed by the hub's command on the wire."""
    invites: int = 0
    """Invites that the pad did not arm itself."""
    differences: list[str] = field(default_factory=list)
    more: int = 0
    """Differences beyond those that are named."""
    _codes: dict[str, str] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether both logs tell the same."""
        return not self.differences

    def compare(self, happened: Iterable[Happened], facts: Iterable[e.Recorded]) -> None:
        """Add what happened at the devices, and what the hub stored of it."""
        made = list(happened)
        known = [recorded.fact for recorded in facts]
        self._compare_frames(made, known)
        self._compare_slips(made, known)
        self.armed += sum(one.what == "armed" and one.detail["by"] == "host" for one in made)
        self.invites += sum(isinstance(fact, e.RatingInvited) and not fact.armed for fact in known)

    def _compare_frames(self, made: list[Happened], known: list[e.Fact]) -> None:
        sent: defaultdict[str, list[_Frame]] = defaultdict(list)
        presses: defaultdict[str, set[int]] = defaultdict(set)
        acked: defaultdict[str, set[int]] = defaultdict(set)
        for one in made:
            number = one.detail.get("press")
            if one.what in {"pressed", "keyed"}:
                presses[one.device].add(_whole(number))
                self.pressed += one.what == "pressed"
                self.keyed += one.what == "keyed"
            elif one.what == "sent":
                sent[one.device].append(_Frame(_whole(number), _hex(one.detail["raw"])))
            elif one.what == "acked":
                acked[one.device].add(_whole(number))
        stored: defaultdict[str, list[str]] = defaultdict(list)
        for fact in known:
            if isinstance(fact, e.KeyPressed | e.PadKeyed) and fact.window is not None:
                stored[pads_name(fact.window)].append(fact.raw)
        for window in self.windows:
            name = pads_name(window)
            self.acked += len(acked[name])
            self._match(window, presses[name], sent[name], stored[name])
            if silent := presses[name] - acked[name]:
                self._differ(f"{window}号窗口有 {len(silent)} 次按键未得到应答 (not acknowledged)")

    def _match(self, window: int, presses: set[int], sent: list[_Frame], stored: list[str]) -> None:
        """Every stored frame is the next equal one that was sent; every press has at least one."""
        self.frames_sent += len(sent)
        self.frames_stored += len(stored)
        arrived: set[int] = set()
        following = iter(sent)
        for raw in stored:
            frame = next((frame for frame in following if frame.raw == raw), None)
            if frame is None:
                self._differ(f"{window}号窗口存下了没有按过的键 {raw} (stored, never pressed)")
                break
            arrived.add(frame.press)
        if missing := presses - arrived:
            self._differ(f"{window}号窗口有 {len(missing)} 次按键没有存下 (pressed, never stored)")

    def _compare_slips(self, made: list[Happened], known: list[e.Fact]) -> None:
        for fact in known:
            if isinstance(fact, e.TicketIssued) and fact.kiosk is not None:
                self.tickets += 1
                self._codes[fact.ticket] = fact.code
        on_paper = {code for one in made if one.what == "printed" for code in _codes(one)}
        in_log = {self._codes.get(fact.ticket, fact.ticket) for fact in known if isinstance(fact, e.SlipPrinted)}
        self.printed += sum(one.what == "printed" for one in made)
        self.slips += sum(isinstance(fact, e.SlipPrinted) for fact in known)
        if only := on_paper - in_log:
            self._differ(f"有 {len(only)} 张号票已打印而日志没有 (printed, not in the log): {self._tickets(only)}")
        if only := in_log - on_paper:
            self._differ(
                f"有 {len(only)} 张号票日志称已打印而纸上没有 (in the log, not printed): {self._tickets(only)}"
            )
        failed = sum(isinstance(fact, e.SlipFailed) for fact in known)
        if failed:
            self._differ(f"有 {failed} 张号票未能打印 (slips failed)")

    def _tickets(self, codes: set[str]) -> str:
        """Some of the tickets that have these codes."""
        by_code = {code: ticket for ticket, code in self._codes.items()}
        return " ".join(sorted(by_code.get(code, code) for code in codes)[:EXAMPLES])

    def _differ(self, sentence: str) -> None:
        if len(self.differences) < NAMED_MOST:
            self.differences.append(sentence)
        else:
            self.more += 1


def _codes(printed: Happened) -> list[str]:
    """The codes of a slip's links; one, unless two slips came out as one."""
    return [link.rpartition("/")[2] for link in str(printed.detail["qr"]).split()]


def _whole(value: object) -> int:
    assert isinstance(value, int)
    return value


def _hex(value: object) -> str:
    assert isinstance(value, bytes)
    return value.hex()

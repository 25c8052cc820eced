"""The comparison of the devices' log with the hub's must be able to fail."""

from __future__ import annotations

from itertools import count

from drivers.emulation.truth import Happened
from hub.demo.audit import NAMED_MOST, Audit
from hub.domain import events as e

PRESS = bytes.fromhex("ff6803036801110317ff")  # any bytes will do: they are only compared
PAD = bytes.fromhex("ff680303680101 0c0e16".replace(" ", ""))


def made(
    press: int, raw: bytes = PRESS, *, kind: str = "pressed", frames: int = 1, acked: bool = True
) -> list[Happened]:
    found = [Happened(1.0, "pad-1", kind, {"press": press})]
    found += [Happened(1.0, "pad-1", "sent", {"press": press, "raw": raw, "attempt": n}) for n in range(frames)]
    return found + [Happened(1.1, "pad-1", "acked", {"press": press, "raw": raw, "attempt": 1})] * acked


def stored(*raws: bytes, window: int = 1) -> list[e.Fact]:
    return [e.KeyPressed(f"p{n}", "pads-1", window, window, 3, 5, raw.hex(), 0) for n, raw in enumerate(raws)]


def issued(ticket: str, code: str) -> e.TicketIssued:
    return e.TicketIssued(ticket, ticket, "social", "2026-10-08", 1, None, "K1", code, 0, 0, "kiosk")


def audit(happened: list[Happened], facts: list[e.Fact]) -> Audit:
    found, seq = Audit((1, 2)), count(1)
    found.compare(happened, [e.Recorded(next(seq), e.Stamp(0, 0), fact) for fact in facts])
    return found


def test_equal_logs_hold() -> None:
    pad = e.PadKeyed("pads-1", 1, 1, PAD.hex(), "next", done=True, why=None, received_ns=0)
    found = audit(made(1) + made(2, PAD, kind="keyed") + made(3), [*stored(PRESS), pad, *stored(PRESS)])
    assert found.holds
    assert (found.pressed, found.keyed, found.acked) == (2, 1, 3)
    assert (found.frames_sent, found.frames_stored) == (3, 3)


def test_bounce_and_resend_are_one_press() -> None:
    assert audit(made(1, frames=3), stored(PRESS, PRESS)).holds


def test_lost_press_is_told() -> None:
    found = audit(made(1) + made(2), stored(PRESS))
    assert not found.holds
    assert "1 次按键没有存下" in found.differences[0]


def test_press_that_nobody_made_is_told() -> None:
    found = audit(made(1), stored(PRESS, PRESS))
    assert "没有按过的键" in found.differences[0]


def test_press_of_another_window_is_told() -> None:
    found = audit(made(1), stored(PRESS, window=2))
    assert len(found.differences) == 2


def test_press_without_acknowledgement_is_told() -> None:
    found = audit(made(1, acked=False), stored(PRESS))
    assert "未得到应答" in found.differences[0]


def test_slips_are_compared_by_their_codes() -> None:
    printed = [Happened(1.0, "printer", "printed", {"slip": 1, "text": "", "qr": "http://hall/r/one"})]
    told = e.SlipPrinted("A001", "K1", "printer-1", proof=True)
    assert audit(printed, [issued("A001", "one"), told]).holds
    assert not audit(printed, [issued("A001", "one")]).holds
    assert not audit([], [issued("A001", "one"), told]).holds
    other = audit(printed, [issued("A001", "two"), told])
    assert any("A001" in difference for difference in other.differences)


def test_failed_slip_is_told() -> None:
    failed = e.SlipFailed("A001", "K1", "printer-1", "no paper")
    assert not audit([], [issued("A001", "one"), failed]).holds


def test_many_differences_are_counted_not_all_told() -> None:
    found = Audit((1,))
    for n in range(NAMED_MOST + 5):
        found.compare(made(n), [])
    assert len(found.differences) == NAMED_MOST
    assert found.more == 5
    assert not found.holds

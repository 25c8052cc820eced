"""The same quarter as facts, for those who read the log."""

from collections.abc import Iterator
from typing import Any

from hub.domain import events as e

Line = dict[str, Any]


def facts(lines: list[Line], base_ms: int) -> Iterator[tuple[int, e.Fact]]:
    """Wall milliseconds and fact of each line; days begin with their own fact. `base_ms`: midnight of the first day."""
    day = -1
    for line in lines[1:]:
        while line["t"] // 86_400_000 > day:
            day += 1
            yield (
                base_ms + day * 86_400_000,
                e.DayStarted(f"2026-10-{12 + day:02}" if day < 20 else f"2026-11-{day - 19:02}"),
            )
        yield from ((base_ms + line["t"], fact) for fact in _facts(line, base_ms))


def _facts(line: Line, base_ms: int) -> list[e.Fact]:  # noqa: PLR0911 - one a kind
    window, clerk, ticket = line.get("win", 0), line.get("clerk", ""), line.get("ticket", "")
    match line["ev"]:
        case "window.open":
            return [e.SignedOn(window, clerk, "test")]
        case "window.close":
            return [e.SignedOff(window, clerk, "test")]
        case "ticket.issued":
            return [e.TicketIssued(ticket, "A001", "s1", "2026-10-12", 1, None, "K1", ticket, 0, 0, "test")]
        case "ticket.called":
            return [e.TicketCalled(ticket, "s1", window, clerk, "test")]
        case "ticket.arrived":
            return [e.TicketArrived(ticket, "s1", window, clerk, "test")]
        case "ticket.finished":
            return [e.TicketFinished(ticket, "s1", window, clerk, "test")]
        case "rating.invited":
            return [e.RatingInvited(ticket, window, "", base_ms + line["until"], 30, "test")]
        case "key.pressed":
            press = line["press"]
            return [
                e.KeyPressed(press, "line-1", window, window, 1, line["level"], "fe", 0),
                e.PressUnmatched(press, window, "uninvited", None),
            ]
    raise AssertionError(line)

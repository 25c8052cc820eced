"""What really happened at the devices, kept apart from the hub: whose finger, which frame, which slip."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from drivers.emulation.truth import Happened, Truth
from hub.demo.tricks import Trick


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose finger pressed, and the level it meant."""

    level: int
    clerk: str | None = None
    """None: a citizen's."""
    trick: Trick | None = None


class Witness:
    """Gathers the devices' own log as it grows, and whose hand each press was."""

    def __init__(self, truth: Truth) -> None:
        self.hands: dict[tuple[int, int], Hand] = {}
        """By window and number of the press on its keypad."""
        self._truth = truth
        self._last: Happened | None = None

    def saw(self, window: int, press: int, hand: Hand) -> None:
        """A press was made."""
        self.hands[window, press] = hand

    def news(self) -> list[Happened]:
        """What happened since the last look, oldest first."""
        found: list[Happened] = []
        for happened in reversed(list(self._truth)):
            if happened is self._last:
                break
            found.append(happened)
        found.reverse()
        if found:
            self._last = found[-1]
        return found

    def presses_by_trick(self) -> dict[tuple[str, Trick], int]:
        """How often each clerk pressed in which way."""
        return _count((hand.clerk, hand.trick) for hand in self.hands.values() if hand.clerk and hand.trick)


def _count(found: Iterable[tuple[str, Trick]]) -> dict[tuple[str, Trick], int]:
    counts: dict[tuple[str, Trick], int] = {}
    for one in found:
        counts[one] = counts.get(one, 0) + 1
    return counts

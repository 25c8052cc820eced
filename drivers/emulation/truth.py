"""What really happened at the devices, with time: pressed, acknowledged, printed, shown.

The program under test never sees it; a test or the demo compares it with that program's own log.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from drivers.emulation.clock import Clock

Detail = str | int | float | bool | bytes | None


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened at a device."""

    at: float
    """Device seconds."""
    device: str
    what: str
    """A past participle: pressed, sent, acked, printed, cut, shown… as the device's emulator lists them."""
    detail: dict[str, Detail] = field(default_factory=dict)

    def to_json(self) -> str:
        """One line of JSON; bytes are upper-case hex."""
        plain = {
            name: value.hex(" ").upper() if isinstance(value, bytes) else value for name, value in self.detail.items()
        }
        return json.dumps(
            {"at": round(self.at, 6), "device": self.device, "what": self.what, **plain}, ensure_ascii=False
        )


class Truth:
    """The devices' own log, shared by any number of them; `keep` bounds it (the oldest go first)."""

    def __init__(self, clock: Clock, *, keep: int | None = None) -> None:
        self._clock = clock
        self._happened: deque[Happened] = deque(maxlen=keep)

    def note(self, device: str, what: str, **detail: Detail) -> None:
        """Write down what happens now."""
        self._happened.append(Happened(self._clock.now(), device, what, detail))

    def of(self, what: str | None = None, device: str | None = None) -> list[Happened]:
        """Everything of that kind and device, in order; None means any."""
        return [one for one in self._happened if what in {None, one.what} and device in {None, one.device}]

    def __iter__(self) -> Iterator[Happened]:
        return iter(self._happened)

    def __len__(self) -> int:
        return len(self._happened)

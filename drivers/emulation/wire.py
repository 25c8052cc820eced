"""A serial wire: bytes take their time, and on a half-duplex pair two talkers spoil each other's bytes.

Times are arithmetic, not sleeps: every byte has its start and its end on the wire, one timer a wire delivers what is
due, and a late loop makes bytes late but never slows the line down. A line that nobody uses costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.emulation.clock import Clock, Timer
from drivers.emulation.faults import Faults, seeded

Hear = Callable[[bytes, float], None]
"""Gets bytes and the device second at which the last of them ended."""
_SOON = 1e-9
"""Device seconds: sums of byte times are compared with this much tolerance."""

_AT_ONCE = 64
"""Bytes handed over together: a hearer that says stop, late as the loop may be, is obeyed before the next ones."""


class Wire:
    """One pair of wires (RS-485), or with `half_duplex=False` one pair each way (RS-232, a socket).

    `baud` None carries bytes at once. `bits` is what a byte takes: 10 for 8N1, 11 for 8E1. Every station hears every
    other. `faults` hit what anyone sends, unless that station has faults of its own.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        baud: int | None = 9600,
        bits: int = 10,
        half_duplex: bool = True,
        faults: Faults | None = None,
        seed: int | str = 0,
    ) -> None:
        self.clock = clock
        self.byte_s = bits / baud if baud else 0.0
        self.half_duplex = half_duplex
        self.faults = faults if faults is not None else Faults()
        self.collisions = 0
        """Bytes that were garbled by a second talker."""
        self._rng = seeded("wire", seed)
        self._stations: list[Station] = []
        self._brakes: set[Station] = set()
        self._timer: Timer | None = None
        self._timer_at = 0.0

    def join(self, hear: Hear, *, drained: Callable[[], None] | None = None, echo: bool = False) -> Station:
        """Put a station on the wire; `drained` is called after bytes of it went out, `echo` lets it hear itself."""
        station = Station(self, hear, drained, echo=echo)
        self._stations.append(station)
        return station

    def leave(self, station: Station) -> None:
        """Take a station off; what it had not sent yet is lost. Harmless if it has left."""
        if station in self._stations:
            self._stations.remove(station)
        station.clear()
        self.hold(station, held=False)

    def hold(self, by: Station, *, held: bool) -> None:
        """Flow control: while one station holds, no further byte of the others starts."""
        if held == (by in self._brakes):
            return
        if held:
            self._brakes.add(by)
            return
        self._brakes.discard(by)
        for station in self._stations:
            station.start = max(station.start, self.clock.now())
        self.wake()

    def holds(self, station: Station) -> bool:
        """Whether another station holds this one back."""
        return any(brake is not station for brake in self._brakes)

    def noise(self, count: int) -> None:
        """Random bytes out of nowhere, heard by every station: a relay, a lift motor."""
        burst = self._rng.randbytes(count)
        for station in tuple(self._stations):
            station.hear(burst, self.clock.now())

    def mark_overlaps(self, talker: Station, first: int) -> None:
        """Mark the talker's bytes from number `first` on, and the others', where they are on the wire together."""
        if not self.half_duplex:
            return
        for other in self._stations:
            if other is not talker and other.backlog:
                talker.mark(other.start, other.end, first)
                other.mark(talker.start + first * self.byte_s, talker.end)

    def wake(self) -> None:
        """Have the timer stand at the next moment at which something is due."""
        now = self.clock.now()
        moments = [station.next_due(now) for station in self._stations if station.ready]
        if not moments:
            return
        when = min(moments)
        if self._timer is not None:
            if self._timer_at <= when + _SOON:
                return
            self._timer.cancel()
        self._timer, self._timer_at = self.clock.call_at(when, self._deliver), when

    def _deliver(self) -> None:
        self._timer = None
        now = self.clock.now() + _SOON
        while talkers := [station for station in self._stations if station.due(now)]:
            first = min(talkers, key=lambda station: station.start)
            # Two talkers take turns byte by byte, so that everyone hears their bytes in the order of the wire.
            self._carry(first, min(first.due(now), _AT_ONCE) if len(talkers) == 1 else 1)
        self.wake()

    def _carry(self, talker: Station, count: int) -> None:
        sent, garbled = talker.take(count)
        at = talker.start
        if any(garbled):
            self.collisions += sum(garbled)
            sent = bytes(self._rng.randrange(256) if bad else byte for byte, bad in zip(sent, garbled, strict=True))
        faults = talker.faults if talker.faults is not None else self.faults
        arrived = faults.spoil(sent, self._rng)
        for station in tuple(self._stations):
            if arrived and (station is not talker or station.echo):
                station.hear(arrived, at)
        talker.drained()


class Station:
    """One end of a wire; made by `Wire.join`."""

    def __init__(self, wire: Wire, hear: Hear, drained: Callable[[], None] | None, *, echo: bool) -> None:
        self.hear = hear
        self.echo = echo
        self.faults: Faults | None = None
        """Faults for what this station sends, in place of the wire's."""
        self.start = 0.0
        """When the first byte still to send starts, or when the last one sent ended."""
        self._stopped = False
        self._wire = wire
        self._drained = drained
        self._queue = bytearray()
        self._garbled = bytearray()

    @property
    def backlog(self) -> int:
        """Bytes that are not out yet."""
        return len(self._queue)

    @property
    def end(self) -> float:
        """When the last byte known so far ends."""
        return self.start + len(self._queue) * self._wire.byte_s

    @property
    def ready(self) -> bool:
        """Whether there is something to send and nobody holds it back."""
        return bool(self._queue) and not self._stopped and not self._wire.holds(self)

    def send(self, data: bytes, at: float | None = None) -> None:
        """Send from device second `at` on (None: now; may lie a little in the past), after what is still to be sent."""
        if not data:
            return
        first = len(self._queue)
        if not first:
            self.start = max(self.start, self._wire.clock.now() if at is None else at)
        self._queue += data
        self._garbled += bytes(len(data))
        self._wire.mark_overlaps(self, first)
        self._wire.wake()

    def stop(self, *, stopped: bool) -> None:
        """Flow control of this station alone: after XOFF no further byte starts, until XON."""
        if self._stopped and not stopped:
            self.start = max(self.start, self._wire.clock.now())
        self._stopped = stopped
        self._wire.wake()

    def clear(self) -> None:
        """Forget what is not out yet."""
        self._queue.clear()
        self._garbled.clear()

    def drained(self) -> None:
        """Tell the owner that bytes went out."""
        if self._drained is not None:
            self._drained()

    def due(self, now: float) -> int:
        """How many bytes have ended by `now`."""
        if not self.ready:
            return 0
        if not self._wire.byte_s:
            return len(self._queue) if self.start <= now else 0
        return max(0, min(len(self._queue), int((now - self.start) / self._wire.byte_s)))

    def next_due(self, now: float) -> float:
        """When to look again: after a grain's worth of bytes, at the last one at the latest, not before the first."""
        return max(self.start + self._wire.byte_s, min(self.end, now + self._wire.clock.grain_s))

    def take(self, count: int) -> tuple[bytes, bytes]:
        """The next bytes and their garbled marks, taken off the queue."""
        sent, garbled = bytes(self._queue[:count]), bytes(self._garbled[:count])
        del self._queue[:count], self._garbled[:count]
        self.start += count * self._wire.byte_s
        return sent, garbled

    def mark(self, since: float, until: float, first: int = 0) -> None:
        """Mark bytes from number `first` on that are on the wire between the two moments."""
        for number in range(first, len(self._queue)):
            starts = self.start + number * self._wire.byte_s
            if starts + _SOON < until and starts + self._wire.byte_s - _SOON > since:
                self._garbled[number] = 1

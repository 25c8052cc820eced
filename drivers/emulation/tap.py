"""A device's place on a wire: it hears while it has power, speaks after its turn-round, and forgets when it reboots."""

from __future__ import annotations

from collections.abc import Callable

from drivers.emulation.wire import Hear, Wire


class Tap:
    """The knobs that every device has.

    `hear` gets the bytes while the device is awake; `forget` is called when its RAM is lost, `wake` when it has booted.
    """

    def __init__(
        self, wire: Wire, hear: Hear, forget: Callable[[], None], *, wake: Callable[[], None] | None = None
    ) -> None:
        self.silent = False
        """The device hears and works, but says nothing."""
        self.slow_s = 0.0
        """Added to the time before each answer."""
        self.awake = True
        """Whether it has power and has booted."""
        self._wire = wire
        self._hear = hear
        self._forget = forget
        self._wake = wake
        self._life = 0
        self._station = wire.join(self._heard)

    @property
    def now(self) -> float:
        """Device seconds."""
        return self._wire.clock.now()

    def wire_time(self, count: int) -> float:
        """Seconds that so many bytes take."""
        return count * self._wire.byte_s

    def say(self, data: bytes, since: float | None = None, after_s: float = 0.0) -> None:
        """Send `after_s` after the moment `since` (None: now), unless silent or powered off by then."""
        when = (self.now if since is None else since) + after_s + self.slow_s
        if when <= self.now:
            self._send(data, when)
        else:
            self.at(when, lambda: self._send(data, when))

    def at(self, when: float, call: Callable[[], None]) -> None:
        """Call at that device second, unless the device lost its power meanwhile."""
        life = self._life
        self._wire.clock.call_at(when, lambda: call() if life == self._life else None)

    def patience(self, wait_s: float) -> float:
        """How long to wait for the host instead of `wait_s`."""
        return self._wire.clock.patience(wait_s)

    def host_s(self, seconds: float) -> float:
        """Device seconds that are so many of the host's own."""
        return self._wire.clock.host_s(seconds)

    def hold(self, *, held: bool) -> None:
        """Flow control: have the others stop sending, or go on."""
        self._wire.hold(self._station, held=held)

    def off(self) -> None:
        """Cut the power: silent and deaf, RAM lost."""
        self._life += 1
        self.awake = False
        self.hold(held=False)
        self._station.clear()
        self._forget()

    def on(self) -> None:
        """Give power back; it works at once. Nothing if it has power."""
        if self.awake:
            return
        self.awake = True
        if self._wake is not None:
            self._wake()

    def reboot(self, boot_s: float = 1.0) -> None:
        """Off, and on again after `boot_s`."""
        self.off()
        self.at(self.now + boot_s, self.on)

    def _heard(self, data: bytes, at: float) -> None:
        if self.awake:
            self._hear(data, at)

    def _send(self, data: bytes, when: float) -> None:
        if self.awake and not self.silent:
            self._station.send(data, at=when)

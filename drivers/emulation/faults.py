"""How a wire spoils bytes: lost, flipped, doubled, noise between them, or nothing at all."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field


def seeded(*seed: int | str) -> random.Random:
    """A repeatable source of accidents; the same words give the same accidents."""
    return random.Random(" ".join(str(word) for word in seed))  # noqa: S311 - accidents must repeat, nothing is secret


@dataclass(slots=True)
class Faults:
    """Knobs that may be turned at any time; the shares are chances per byte, 0 to 1."""

    drop: float = 0.0
    flip: float = 0.0
    """One bit of the byte."""
    double: float = 0.0
    noise: float = 0.0
    """A random byte before this one."""
    silent: bool = False
    """Nothing gets through."""
    counts: Counter[str] = field(default_factory=Counter)
    """How many bytes each fault has hit, by the knob's name."""

    def spoil(self, data: bytes, rng: random.Random) -> bytes:
        """What arrives of `data`."""
        if self.silent:
            self.counts["silent"] += len(data)
            return b""
        if not (self.drop or self.flip or self.double or self.noise):
            return data
        arrived = bytearray()
        for byte in data:
            arrived += self._spoil_byte(byte, rng)
        return bytes(arrived)

    def clear(self) -> None:
        """Turn every knob back; the counts stay."""
        self.drop = self.flip = self.double = self.noise = 0.0
        self.silent = False

    def _spoil_byte(self, byte: int, rng: random.Random) -> bytes:
        before = bytes([rng.randrange(256)]) if self._hits("noise", self.noise, rng) else b""
        if self._hits("drop", self.drop, rng):
            return before
        if self._hits("flip", self.flip, rng):
            byte ^= 1 << rng.randrange(8)
        times = 2 if self._hits("double", self.double, rng) else 1
        return before + bytes([byte]) * times

    def _hits(self, knob: str, share: float, rng: random.Random) -> bool:
        hit = share > 0 and rng.random() < share
        self.counts[knob] += hit
        return hit

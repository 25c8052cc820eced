"""Slips: whatever stands in a name or comment, the printer gets the commands of a harmless slip and no others."""

import re

from drivers.printer import Job, Text
from drivers.printer.protocols.escpos import encode
from drivers.printer.protocols.profile import PROFILES, Profile

SEEDS = [
    "A012 社会保险 前面还有 3 人".encode(),
    "王\u3400𬭎②€·—\u200b\u202e".encode(),
    b"\x1b@\x1dV\x00\x10\x04\x01\x1b\x70\x00",
    b"\x00" * 40,
]
CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]")


def check(data: bytes) -> None:
    if not data:
        return
    names = sorted(PROFILES)
    profile = PROFILES[names[data[0] % len(names)]]
    size, bold, text = data[0] % 8 + 1, bool(data[0] & 8), data[1:].decode("utf-8", "surrogateescape")
    assert controls(text, size, bold, profile) in (
        controls("x", size, bold, profile),
        controls("", size, bold, profile),
    )


def controls(text: str, size: int, bold: bool, profile: Profile) -> bytes:
    """The slip's control characters, line ends aside: the number of lines depends on the text."""
    slip = encode(Job("1", (Text(text, size=size, bold=bold),)), profile)
    return b"".join(CONTROL.findall(b"".join(slip.commands)))

"""Window signs: no byte string raises, portions don't matter, and a frame has a CRC that holds."""

import re
from collections.abc import Iterator

from feeding import portions, published

from drivers.led.protocols.onbon import reply
from drivers.led.protocols.onbon_frame import Decoder, Frame

SEEDS = published("onbon.toml")
ESCAPES = ((b"\x5b\x02", b"\x5a"), (b"\x5b\x01", b"\x5b"), (b"\xa6\x02", b"\xa5"), (b"\xa6\x01", b"\xa6"))


def check(data: bytes) -> None:
    found = Decoder().feed(data)
    decoder = Decoder()
    assert [event for portion in portions(data) for event in decoder.feed(portion)] == found
    bodies = list(genuine(data))
    for event in found:
        if isinstance(event, Frame):
            assert any(
                body[:-2].endswith(event.data) and body[2:4] == event.source.to_bytes(2, "little") for body in bodies
            )
            reply(event)


def genuine(data: bytes) -> Iterator[bytes]:
    for escaped in re.findall(rb"\xa5([^\xa5\x5a]+)\x5a", data):
        body = escaped
        for code, plain in ESCAPES:
            body = body.replace(code, plain)
        if crc(body[:-2]) == body[-2:]:
            yield body


def crc(data: bytes) -> bytes:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return value.to_bytes(2, "little")

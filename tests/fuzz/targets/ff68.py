"""Keypads: nothing raises, portions don't matter, each byte is told once, and each key has a sum that holds."""

from feeding import portions

from drivers.events import BadFrame
from drivers.keypad.protocols.ff68 import Decoder, acknowledgement

SEEDS = [
    bytes.fromhex(frame)
    for frame in (
        "FF 68 03 03 68 03 01 0C 10 16",  # call
        "FF 68 03 03 68 03 01 0B 0F 16",  # evaluate
        "FF 68 04 04 68 03 01 06 0F 19 16",  # give up
        "FF 68 08 08 68 03 02 0A 0A 0A 00 00 01 24 16",  # show ticket 001
        "FF 68 02 02 68 03 03 06 16",  # beep
        "FF 68 03 03 68 03 11 01 15 16",  # rating key 1
    )
]


def check(data: bytes) -> None:
    events = [*(decoder := Decoder()).feed(data, 0.0), *decoder.silent(1.0)]
    decoder = Decoder()
    in_portions = [event for portion in portions(data) for event in decoder.feed(portion, 0.0)]
    assert in_portions + decoder.silent(1.0) == events
    assert b"".join(event.raw for event in events) == data, "a byte lost or told twice"
    for event in events:
        if not isinstance(event, BadFrame):
            assert is_key(event.raw)
            assert acknowledgement(event)[-1] == 0x16


def is_key(raw: bytes) -> bool:
    length = raw[2]
    head = raw[:5] == bytes([0xFF, 0x68, length, length, 0x68]) and len(raw) == length + 7
    return head and sum(raw[5:-2]) % 256 == raw[-2] and raw[-1] == 0x16 and 2 <= length <= 8

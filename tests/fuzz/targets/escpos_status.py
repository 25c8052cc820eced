"""What a printer says: nothing raises, portions don't matter, a status is made of bytes that carry its marks."""

from feeding import portions

from drivers.events import BadFrame
from drivers.printer import PrinterStatus
from drivers.printer.protocols.escpos_status import Answer, AutoStatus, StatusReader, after_answer, automatic

SEEDS = [
    bytes.fromhex("12 16 1a 32 72"),
    bytes.fromhex("10 00 00 00 14 00 0c 00"),
    b"7\x220001\0",
    b"_TM-T88V\0",
    bytes.fromhex("13 10 11 00 00 12 00"),
]


def check(data: bytes) -> None:
    heard = StatusReader().feed(data, 0.0)
    reader = StatusReader()
    in_portions = [event for portion in portions(data) for event in reader.feed(portion, 0.0)]
    # Stray bytes are reported portion by portion; whatever means something is the same.
    meaning = [event for event in heard if not isinstance(event, BadFrame)]
    assert [event for event in in_portions if not isinstance(event, BadFrame)] == meaning
    for event in meaning:
        if isinstance(event, AutoStatus):
            assert event.raw[0] & 0x93 == 0x10
            assert not any(byte & 0x90 for byte in event.raw[1:])
            automatic(event.raw)
        elif isinstance(event, Answer):
            assert event.value & 0x93 == 0x12
            for number in range(1, 5):
                after_answer(PrinterStatus(), number, event.value)

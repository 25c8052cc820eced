"""Check sums of published protocols, each with its published check value in tests/vectors/checks.toml.

They are the one thing that a protocol and the emulator that answers it may share.
"""

from __future__ import annotations


def sum8(data: bytes) -> int:
    """Sum of all bytes, low byte (FF68; IEC 60870-5-1 FT1.2)."""
    return sum(data) & 0xFF


def sum16(data: bytes) -> int:
    """Sum of all bytes, low 16 bits (Onbon check mode 1; Alpha)."""
    return sum(data) & 0xFFFF


def xor8(data: bytes) -> int:
    """All bytes xor-ed (SAM_V; LRC of bank readers)."""
    check = 0
    for byte in data:
        check ^= byte
    return check


def crc16_arc(data: bytes) -> int:
    """CRC-16/ARC: polynomial 8005 reflected, start 0000 (Onbon check mode 0)."""
    return _crc16_reflected(data, 0x0000)


def crc16_modbus(data: bytes) -> int:
    """CRC-16/MODBUS: polynomial 8005 reflected, start FFFF."""
    return _crc16_reflected(data, 0xFFFF)


def _crc16_reflected(data: bytes, crc: int) -> int:
    for byte in data:
        crc = (crc >> 8) ^ _TABLE_A001[(crc ^ byte) & 0xFF]
    return crc


def _table_of(polynomial: int) -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (polynomial if crc & 1 else 0)
        table.append(crc)
    return tuple(table)


_TABLE_A001 = _table_of(0xA001)

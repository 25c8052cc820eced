"""Reads the text out of a QR code of version 4, level M, in byte mode (ISO/IEC 18004), without correcting errors."""

from __future__ import annotations

SIDE = 33  # version 4
BLOCKS, DATA_PER_BLOCK = 2, 32  # 4-M: two blocks of 32 data codewords
_MASKS = (
    lambda y, x: (y + x) % 2,
    lambda y, _: y % 2,
    lambda _, x: x % 3,
    lambda y, x: (y + x) % 3,
    lambda y, x: (y // 2 + x // 3) % 2,
    lambda y, x: y * x % 2 + y * x % 3,
    lambda y, x: (y * x % 2 + y * x % 3) % 2,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
)


def read_qr(dark: list[list[bool]]) -> str:
    assert len(dark) == SIDE, "not version 4"
    format_bits = [dark[8][x] for x in (0, 1, 2, 3, 4)]
    level_and_mask = sum(bit << (4 - i) for i, bit in enumerate(format_bits)) ^ 0b10101
    assert level_and_mask >> 3 == 0b00, "not level M"
    mask = _MASKS[level_and_mask & 0b111]
    bits = [dark[y][x] ^ (mask(y, x) == 0) for y, x in _zigzag()]
    words = [sum(bit << (7 - i) for i, bit in enumerate(bits[at : at + 8])) for at in range(0, len(bits) - 7, 8)]
    data = bytes(words[block + BLOCKS * i] for block in range(BLOCKS) for i in range(DATA_PER_BLOCK))
    assert data[0] >> 4 == 0b0100, "not byte mode"
    whole = int.from_bytes(data)
    length = (whole >> (8 * len(data) - 12)) & 0xFF
    return (whole >> (8 * (len(data) - length) - 12)).to_bytes(length + 2)[-length:].decode()


def _zigzag() -> list[tuple[int, int]]:
    """The data modules in the order in which they are filled: pairs of columns, from the right, up and down."""
    path, upward, x = [], True, SIDE - 1
    while x > 0:
        if x == 6:
            x -= 1  # the timing column
        rows = range(SIDE - 1, -1, -1) if upward else range(SIDE)
        path += [(y, column) for y in rows for column in (x, x - 1) if not _is_function(y, column)]
        upward, x = not upward, x - 2
    return path


def _is_function(y: int, x: int) -> bool:
    finder = (y < 9 and (x < 9 or x > SIDE - 9)) or (y > SIDE - 9 and x < 9)
    alignment = 24 <= y <= 28 and 24 <= x <= 28  # centred on 26
    return finder or alignment or y == 6 or x == 6

"""Check sums against published values."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers import checks

VECTORS = tomllib.loads((Path(__file__).parents[1] / "vectors" / "checks.toml").read_text())["vector"]
CHECKS: dict[str, Callable[[bytes], int]] = {
    name: getattr(checks, name) for name in ("sum8", "sum16", "xor8", "crc16_arc", "crc16_modbus")
}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['check']} of {v.get('of', v.get('text'))}")
def test_check_gives_the_published_value(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["of"]) if "of" in vector else vector["text"].encode()
    assert CHECKS[vector["check"]](data) == vector["value"]


def test_every_check_has_a_published_value() -> None:
    assert {vector["check"] for vector in VECTORS} == set(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_check_of_nothing_is_the_start_value(name: str) -> None:
    assert CHECKS[name](b"") == (0xFFFF if name == "crc16_modbus" else 0)


@pytest.mark.parametrize("name", ["sum8", "xor8", "crc16_arc", "crc16_modbus"])
@pytest.mark.parametrize("at", range(9))
def test_every_single_changed_byte_changes_the_check(name: str, at: int) -> None:
    whole = b"123456789"
    for change in range(1, 256):
        flipped = bytearray(whole)
        flipped[at] ^= change
        assert CHECKS[name](bytes(flipped)) != CHECKS[name](whole)

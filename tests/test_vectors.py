"""The vector files say plainly which bytes come from outside and which were worked out for this project."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FILES = sorted((Path(__file__).parent / "vectors").glob("*.toml"))


def vectors(tables: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each vector, with what its file says of all of them."""
    common = {key: value for key, value in tables.items() if isinstance(value, str)}
    for value in tables.values():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield common | one


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_vector_names_its_source_and_who_made_its_bytes(file: Path) -> None:
    found = list(vectors(tomllib.loads(file.read_text(encoding="utf-8"))))
    assert found
    for one in found:
        assert one["source"]
        assert one["origin"] in {"outside", "by hand"}


def test_what_is_called_not_published_or_computed_here_is_by_hand() -> None:
    for file in FILES:
        for one in vectors(tomllib.loads(file.read_text(encoding="utf-8"))):
            if "not published" in one["source"] or "worked out" in one["source"] or "arithmetic" in one["source"]:
                assert one["origin"] == "by hand"

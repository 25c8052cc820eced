"""What the targets share: where to begin, and how to cut bytes into portions."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

VECTORS = Path(__file__).parents[1] / "vectors"


def published(name: str, key: str = "bytes") -> list[bytes]:
    """The frames of a file of vectors."""
    vectors = tomllib.loads((VECTORS / name).read_text(encoding="utf-8"))["vector"]
    return [bytes.fromhex(vector[key]) for vector in vectors if key in vector]


def portions(data: bytes) -> Iterator[bytes]:
    """Cut in sizes that the bytes themselves choose, 1 to 8."""
    while data:
        size = data[0] % 8 + 1
        yield data[:size]
        data = data[size:]

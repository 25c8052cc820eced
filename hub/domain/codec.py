r"""Fact ↔ JSON, and the canonical form that the log's hash chain is computed over (ARCHITECTURE.md, "The chain").

Canonical JSON: UTF-8, keys sorted, no spaces, no floats, control characters as `\u00xx` or their short escapes and
nothing else escaped: the bytes of `json.dumps(…, sort_keys=True, ensure_ascii=False, separators=(",", ":"))`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from hub.domain.events import KINDS, Fact, Unknown

GENESIS = bytes(32)
"""The hash before the first row."""

_ENCODE = msgspec.json.Encoder(order="sorted").encode
_HASHED = "sha256:"


@dataclass(frozen=True, slots=True)
class Personal:
    """One personal value, kept apart from the row that names only its hash."""

    field: str
    salt: bytes
    value: str


class Encoded(NamedTuple):
    """A fact as the log stores it; a tuple, since one is made for every fact."""

    kind: str
    payload: bytes
    personal: tuple[Personal, ...] = ()


def personal_fields(kind: type[Fact]) -> tuple[str, ...]:
    """Names of the fields whose values lie apart."""
    return _PERSONAL.get(kind, ())


def personal_hash(salt: bytes, value: str) -> str:
    """What stands in the payload for a personal value: SHA-256(32-byte salt ‖ UTF-8 value)."""
    return _HASHED + sha256(salt + value.encode()).hexdigest()


def encode(fact: Fact, salt: Callable[[], bytes]) -> Encoded:
    """Canonical payload; personal values are replaced by their hashes, each with a new salt of 32 random bytes."""
    if isinstance(fact, Unknown):
        return Encoded(fact.name, _ENCODE(fact.payload))
    names = _PERSONAL.get(type(fact))
    if not names:
        return Encoded(fact.kind, _ENCODE(fact))
    apart: list[Personal] = []
    for name in names:
        value: str | None = getattr(fact, name)
        if value is not None:
            one = Personal(name, salt(), value)
            apart.append(one)
            fact = replace(fact, **{name: personal_hash(one.salt, value)})
    return Encoded(fact.kind, _ENCODE(fact), tuple(apart))


def decode(kind: str, payload: bytes, personal: dict[str, str] | None = None) -> Fact:
    """The fact again; personal values that are still kept take the place of their hashes."""
    decoder = _DECODERS.get(kind)
    if decoder is None:
        return Unknown(kind, msgspec.json.decode(payload, type=dict[str, Any]))
    fact: Fact = decoder.decode(payload)
    return replace(fact, **personal) if personal else fact


def row_bytes(seq: int, wall_ms: int, mono_ns: int, kind: str, payload: bytes) -> bytes:
    """The canonical JSON of a row: `{"kind":…,"mono_ns":…,"payload":{…},"seq":…,"wall_ms":…}`."""
    head = b'{"kind":"%b","mono_ns":%d,"payload":' % (kind.encode(), mono_ns)
    return b'%b%b,"seq":%d,"wall_ms":%d}' % (head, payload, seq, wall_ms)


def chain(previous: bytes, row: bytes) -> bytes:
    """The row's hash: SHA-256(previous hash ‖ canonical JSON of the row)."""
    return sha256(previous + row).digest()


def is_erased(value: str | None) -> bool:
    """Whether only the hash of a personal value is left."""
    return value is not None and value.startswith(_HASHED)


_PERSONAL: dict[type[Fact], tuple[str, ...]] = {
    kind: names
    for kind in KINDS.values()
    if (names := tuple(f.name for f in fields(kind) if f.metadata.get("personal")))
}
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {name: msgspec.json.Decoder(kind) for name, kind in KINDS.items()}

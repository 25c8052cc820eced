import json
import tomllib
from dataclasses import asdict, fields
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain import codec
from hub.domain import events as e
from hub.domain.events import KINDS, Fact, HubStarted, Matter, TicketIssued, Unknown

VECTOR = tomllib.loads((Path(__file__).parents[2] / "vectors" / "chain.toml").read_text(encoding="utf-8"))
SALT = bytes(range(32))

texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-(2**63), 2**63 - 1)


def values(hint: Any) -> st.SearchStrategy[Any]:
    simple: dict[Any, st.SearchStrategy[Any]] = {str: texts, int: numbers, bool: st.booleans(), type(None): st.none()}
    if hint in simple:
        return simple[hint]
    if hint is Matter:
        return built(Matter)
    if getattr(hint, "__origin__", None) is tuple:
        return st.lists(values(get_args(hint)[0]), max_size=3).map(tuple)
    return st.one_of([values(arm) for arm in get_args(hint)])


def built(kind: type[Any]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    return st.builds(kind, **{f.name: values(hints[f.name]) for f in fields(kind)})


facts: st.SearchStrategy[Fact] = st.sampled_from(sorted(KINDS)).flatmap(lambda name: built(KINDS[name]))


def dumps(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def plain(fact: Fact) -> dict[str, Any]:
    """The payload as json alone would see it, personal values hashed by hand."""
    seen = asdict(fact)
    for name in codec.personal_fields(type(fact)):
        if seen[name] is not None:
            seen[name] = "sha256:" + sha256(SALT + seen[name].encode()).hexdigest()
    return seen


@given(facts)
def test_payload_is_the_bytes_of_json_dumps(fact: Fact) -> None:
    encoded = codec.encode(fact, lambda: SALT)
    assert (encoded.kind, encoded.payload) == (type(fact).kind, dumps(plain(fact)))


def test_every_character_of_the_plane_is_written_as_json_dumps_writes_it() -> None:
    every = "".join(chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000)
    assert codec.encode(HubStarted(every, "😀"), lambda: SALT).payload == dumps({"boot": every, "version": "😀"})


@given(facts)
def test_fact_comes_back_as_it_was(fact: Fact) -> None:
    encoded = codec.encode(fact, lambda: SALT)
    personal = {one.field: one.value for one in encoded.personal}
    assert codec.decode(encoded.kind, encoded.payload, personal) == fact


@given(facts, numbers, numbers, st.integers(1, 2**62))
def test_row_is_the_bytes_of_json_dumps(fact: Fact, wall_ms: int, mono_ns: int, seq: int) -> None:
    encoded = codec.encode(fact, lambda: SALT)
    row = {"seq": seq, "wall_ms": wall_ms, "mono_ns": mono_ns, "kind": encoded.kind, "payload": plain(fact)}
    assert codec.row_bytes(seq, wall_ms, mono_ns, encoded.kind, encoded.payload) == dumps(row)


def test_chain_is_the_published_vector() -> None:
    last = by_hand = codec.GENESIS
    assert last == bytes(32)
    for row in VECTOR["rows"]:
        bytes_ = codec.row_bytes(row["seq"], row["wall_ms"], row["mono_ns"], row["kind"], row["payload"].encode())
        last = codec.chain(last, bytes_)
        whole = {name: row[name] for name in ("seq", "wall_ms", "mono_ns", "kind")}
        by_hand = sha256(by_hand + dumps(whole | {"payload": json.loads(row["payload"])})).digest()
        assert last.hex() == by_hand.hex() == row["hash"]


def test_facts_of_the_vector_encode_to_its_payloads() -> None:
    for row in VECTOR["rows"]:
        personal = row.get("personal", {"field": "", "salt": "", "value": ""})
        kept = {personal["field"]: personal["value"]} if personal["field"] else None
        fact = codec.decode(row["kind"], row["payload"].encode(), kept)
        encoded = codec.encode(fact, partial(bytes.fromhex, personal["salt"]))
        assert (encoded.kind, encoded.payload.decode()) == (row["kind"], row["payload"])


ISSUED = TicketIssued(
    ticket="20261001-A001",
    number="A001",
    service="social",
    day="2026-10-01",
    count=1,
    priority=None,
    kiosk=None,
    code="code",
    ahead=0,
    estimate_s=0,
    by="kiosk",
    holder="张三",
)


def test_personal_value_is_nowhere_in_the_payload_and_lies_apart_with_its_salt() -> None:
    encoded = codec.encode(ISSUED, lambda: SALT)
    assert "张三".encode() not in encoded.payload
    assert encoded.personal == (codec.Personal("holder", SALT, "张三"),)
    assert json.loads(encoded.payload)["holder"] == codec.personal_hash(SALT, "张三")


def test_every_personal_value_has_a_salt_of_its_own() -> None:
    salts = iter([b"a" * 32, b"b" * 32])
    one, other = (codec.encode(ISSUED, lambda: next(salts)) for _ in range(2))
    assert one.payload != other.payload


def test_absent_personal_value_needs_no_salt() -> None:
    def never() -> bytes:
        raise AssertionError

    fact = codec.decode("ticket.issued", codec.encode(ISSUED, lambda: SALT).payload, {"holder": None})  # type: ignore[dict-item]
    assert codec.encode(fact, never).personal == ()


def test_erased_personal_value_shows_as_erased() -> None:
    fact = codec.decode("ticket.issued", codec.encode(ISSUED, lambda: SALT).payload)
    assert isinstance(fact, TicketIssued)
    assert codec.is_erased(fact.holder)
    assert not codec.is_erased("张三")
    assert not codec.is_erased(None)


def test_unknown_kind_passes_and_keeps_its_payload() -> None:
    payload = '{"a":1,"b":["甲",null]}'.encode()
    fact = codec.decode("invented.later", payload)
    assert fact == Unknown("invented.later", {"a": 1, "b": ["甲", None]})
    encoded = codec.encode(fact, lambda: SALT)
    assert (encoded.kind, encoded.payload) == ("invented.later", payload)


def test_field_of_a_newer_version_is_passed_over() -> None:
    payload = b'{"boot":"b","newer":[1,2],"version":"0.1"}'
    assert codec.decode("hub.started", payload) == HubStarted("b", "0.1")


@pytest.mark.parametrize("name", sorted(KINDS))
def test_kind_is_named_by_its_class(name: str) -> None:
    assert KINDS[name].kind == name


def test_personal_fields_are_those_that_name_somebody() -> None:
    marked = {(name, field) for name, kind in KINDS.items() for field in codec.personal_fields(kind)}
    assert marked == {
        ("ticket.issued", "holder"),
        ("phone.rated", "comment"),
        ("flag.called_back", "note"),
        ("flag.statement", "text"),
        ("flag.noted", "text"),
        ("finding.appealed", "reason"),
        ("case.review_asked", "reason"),
        ("bad_rating.called_back", "note"),
        ("complaint.received", "text"),
        ("complaint.received", "contact"),
        ("callback.made", "note"),
        ("callback.made", "contact"),
    }


def test_every_fact_is_known_to_the_log() -> None:
    facts = {one for one in vars(e).values() if isinstance(one, type) and issubclass(one, e.Fact)}
    assert facts - set(e.KINDS.values()) == {e.Fact, e.Unknown}

"""Every route × every role × no token × a wrong token."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route, WebSocketRoute
from structlog.testing import capture_logs

from hub.access import ROLES, Tokens
from hub.eventlog import Database
from hub.eventlog.database import FILE_NAME
from hub.web.guard import is_open
from hub.web.live import Live, Outbox
from hub.web.roles import EVERYBODY, KEY
from tests.hub.web.conftest import House

V1 = "/api/v1"
STAFF = {"manager", "inspector", "admin"}
EVERY_ROLE = set(ROLES)

# interfaces.md, "HTTP, /api/v1": the table and the lines above it.
CONTRACT: dict[tuple[str, str], set[str] | None] = {
    ("GET", "/healthz"): None,
    ("GET", "/readyz"): None,
    ("POST", f"{V1}/pair"): None,
    ("GET", "/r/{code}"): None,
    ("POST", "/r/{code}"): None,
    ("GET", "/metrics"): {"device", "admin"},
    ("POST", f"{V1}/tickets"): {"device", "clerk"},
    ("GET", f"{V1}/tickets/{{ticket}}"): {"device", "clerk"},
    ("DELETE", f"{V1}/tickets/{{ticket}}"): {"device", "clerk"},
    ("POST", f"{V1}/tickets/{{ticket}}/return"): {"device", "clerk"},
    ("GET", f"{V1}/board"): EVERY_ROLE,
    ("GET", f"{V1}/notice"): EVERY_ROLE,
    ("GET", f"{V1}/hall"): EVERY_ROLE,
    ("GET", f"{V1}/windows"): STAFF | {"clerk"},
    ("GET", f"{V1}/devices"): STAFF,
    ("POST", f"{V1}/devices/{{device}}/probe"): STAFF,
    ("POST", f"{V1}/devices/{{device}}/drill"): STAFF,
    **{
        ("POST", f"{V1}/devices/{{device}}/{path}"): {"manager", "admin"} for path in ("maintenance", "maintenance/end")
    },
    ("GET", f"{V1}/devices/{{device}}/tap"): STAFF,
    ("GET", f"{V1}/presses"): {"manager", "inspector"},
    ("GET", f"{V1}/ratings"): {"manager", "inspector"},
    ("POST", f"{V1}/ratings/{{rating}}/correction"): {"manager", "inspector"},
    ("GET", f"{V1}/reports/{{quarter}}"): {"manager", "inspector"},
    ("GET", f"{V1}/reports/{{quarter}}/editions"): {"manager", "inspector"},
    ("POST", f"{V1}/reports/{{quarter}}/close"): {"manager"},
    ("POST", f"{V1}/findings"): {"inspector"},
    **{("GET", f"{V1}/cases{path}"): {"manager", "inspector"} for path in ("", "/board", "/{case}")},
    **{
        ("POST", f"{V1}/cases{path}"): {"clerk", "manager"}
        for path in ("", *(f"/{{case}}/{step}" for step in ("materials", "stop", "resume", "finish", "review")))
    },
    ("POST", f"{V1}/cases/import"): {"manager"},
    ("GET", f"{V1}/cases/{{case}}/letter.docx"): {"clerk", "manager", "inspector"},
    ("GET", f"{V1}/bad-ratings"): {"manager", "inspector"},
    ("GET", f"{V1}/bad-ratings/{{rating}}/contact"): {"inspector"},
    ("POST", f"{V1}/bad-ratings/{{rating}}/verify"): {"inspector"},
    ("POST", f"{V1}/bad-ratings/{{rating}}/rectify"): {"manager", "inspector"},
    ("POST", f"{V1}/bad-ratings/{{rating}}/call-back"): {"inspector"},
    ("GET", f"{V1}/complaints"): {"manager", "inspector"},
    ("POST", f"{V1}/complaints"): {"manager", "inspector", "device"},
    ("POST", f"{V1}/complaints/{{complaint}}/answer"): {"inspector"},
    ("POST", f"{V1}/cases/{{case}}/review/decision"): {"manager", "inspector"},
    ("POST", f"{V1}/points"): {"clerk", "manager", "inspector"},
    ("POST", f"{V1}/callbacks/{{quarter}}/sample"): {"inspector"},
    ("GET", f"{V1}/callbacks/{{quarter}}"): {"inspector"},
    ("POST", f"{V1}/callbacks/{{quarter}}/results"): {"inspector"},
    ("GET", f"{V1}/callbacks/{{quarter}}/report"): {"manager", "inspector"},
    ("GET", f"{V1}/flags"): {"manager", "inspector", "clerk"},
    ("GET", f"{V1}/flags/{{flag}}"): {"manager", "inspector", "clerk"},
    ("GET", f"{V1}/flags/{{flag}}/picture.svg"): {"manager", "inspector", "clerk"},
    **{
        ("POST", f"{V1}/flags/{{flag}}/{step}"): {"inspector"}
        for step in ("assign", "call-backs", "note", "decision", "second", "return", "appeal/decision")
    },
    **{("POST", f"{V1}/flags/{{flag}}/{step}"): {"inspector", "clerk"} for step in ("statement", "appeal")},
    **{
        ("POST", f"{V1}/windows/{{n}}/{verb}"): {"clerk", "manager"}
        for verb in (
            *("sign-off", "pause", "resume", "next", "call", "recall", "start", "miss"),
            *("hold", "take-back", "transfer"),
        )
    },
    **{("POST", f"{V1}/windows/{{n}}/{verb}"): {"clerk"} for verb in ("sign-on", "finish", "invite", "assist")},
}


def routes(app: FastAPI) -> Iterator[tuple[str, APIRoute]]:
    for route in app.routes:
        if isinstance(route, APIRoute):
            for method in route.methods:
                yield method, route


def asked(path: str) -> str:
    """A path that nothing stands behind: whoever gets past the check gets no 401 and no 403."""
    return (
        path.replace("{n}", "not-a-number")
        .replace("{ticket}", "x")
        .replace("{device}", "x")
        .replace("{code}", "x")
        .replace("{flag}", "x")
        .replace("{quarter}", "x")
        .replace("{rating}", "x")
    )


async def test_the_routes_are_those_of_the_contract(house: House) -> None:
    declared = {
        (method, route.path): None if (roles := (route.openapi_extra or {})[KEY]) == EVERYBODY else set(roles)
        for method, route in routes(house.app)
    }
    assert declared == CONTRACT


async def test_what_is_no_api_route_is_a_page_that_is_open(house: House) -> None:
    others = [route for route in house.app.routes if not isinstance(route, APIRoute)]
    for route in others:
        if isinstance(route, WebSocketRoute):
            assert route.path == f"{V1}/live"  # checks for itself: test_live
        else:
            assert isinstance(route, Route | Mount)
            assert is_open(f"{route.path}/" if isinstance(route, Mount) else route.path), route.path


@pytest.mark.parametrize("role", ROLES)
async def test_only_the_roles_of_a_call_get_past_the_check(house: House, role: str) -> None:
    client = house.client(role)
    seq = house.services.bus.last_seq
    for (method, path), allowed in CONTRACT.items():
        # Content that can't be parsed: the check comes before path, query and body.
        answer = await client.request(method, asked(path), params={"limit": "x"}, content=b"{")
        if allowed is None or role in allowed:
            assert answer.status_code != 403, (method, path)
            assert answer.status_code != 401 or path == f"{V1}/pair", (method, path)
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), (method, path)
    assert house.services.bus.last_seq == seq


@pytest.mark.parametrize(
    "wrong", ["Bearer wrong", "Bearer ", "Bearer", "Basic dGVzdDp0ZXN0", "wrong", "Bearer \xff", ""]
)
async def test_no_call_works_without_a_good_token(house: House, wrong: str) -> None:
    client = house.client()
    seq = house.services.bus.last_seq
    headers = [(b"Authorization", wrong.encode("latin-1"))] if wrong else []
    for method, path in (call for call, roles in CONTRACT.items() if roles is not None):
        with capture_logs() as logs:
            answer = await client.request(method, asked(path), headers=headers, content=b"{")
        assert (answer.status_code, answer.json()["code"]) == (401, "no_token"), (method, path)
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
        assert [log["event"] for log in logs] == ["auth.refused"]
        assert "wrong" not in repr(logs)
    assert house.services.bus.last_seq == seq


@pytest.mark.parametrize("path", ["/api/v1/nonsense", "/api/v2/tickets", "/nonsense", "//api/v1/board"])
async def test_an_unknown_address_tells_nothing_to_strangers(house: House, path: str) -> None:
    assert (await house.client().get(path)).status_code == 401
    known = await house.client("admin").get(path)
    assert (known.status_code, known.headers["content-type"]) == (404, "application/problem+json")


async def test_a_refusal_for_the_role_is_logged_with_the_name(house: House) -> None:
    with capture_logs() as logs:
        await house.client("device").post(f"{V1}/windows/3/next")
    assert logs == [
        {
            "event": "auth.refused",
            "log_level": "warning",
            "why": "role",
            "method": "POST",
            "path": "/api/v1/windows/3/next",
            "client": "127.0.0.1",
            "name": "test device",
            "role": "device",
        }
    ]


async def test_a_cookie_is_as_good_as_a_header(house: House) -> None:
    good = {"Cookie": f"other=1; hallhub={house.keys['clerk']}"}
    assert (await house.client().get(f"{V1}/windows", headers=good)).status_code == 200
    assert (await house.client().get(f"{V1}/windows", headers={"Cookie": "hallhub=wrong"})).status_code == 401


async def test_a_wrong_header_is_not_mended_by_a_cookie(house: House) -> None:
    headers = {"Authorization": "Bearer wrong", "Cookie": f"hallhub={house.keys['clerk']}"}
    assert (await house.client().get(f"{V1}/windows", headers=headers)).status_code == 401


async def test_a_revoked_token_is_old(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    client = house.client("clerk")
    assert (await client.get(f"{V1}/board")).status_code == 200
    house.tokens.revoke("test clerk")
    later = house.services.access._mono_ns() + 1_000_000_000
    monkeypatch.setattr(house.services.access, "_mono_ns", lambda: later)
    assert (await client.get(f"{V1}/board")).status_code == 401


async def test_a_token_made_by_another_process_works_at_once(house: House, tmp_path: Path) -> None:
    await house.client("clerk").get(f"{V1}/board")
    database = Database.in_folder(tmp_path / "data")
    token = Tokens(database).create("新来的", "inspector")
    database.close()
    answer = await house.client(Authorization=f"Bearer {token}").get(f"{V1}/presses")
    assert answer.status_code == 200


async def test_a_book_of_tokens_that_cannot_be_read_is_503_and_lets_nobody_go(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screens = Live(house.services)
    screen = Outbox(house.keys["device"], None)
    screens._topics["board"].join(screen, 0)
    await screens.tick()
    await screen.take()
    with closing(sqlite3.connect(tmp_path / "data" / FILE_NAME)) as other:
        other.execute("ALTER TABLE tokens RENAME TO elsewhere")
        later = house.services.access._mono_ns() + 1_000_000_000
        monkeypatch.setattr(house.services.access, "_mono_ns", lambda: later)
        answer = await house.client("clerk").get(f"{V1}/board")
        assert (answer.status_code, answer.json()["code"]) == (503, "storage")
        await screens.tick()
        assert screen._closing is None
        other.execute("ALTER TABLE elsewhere RENAME TO tokens")
    assert (await house.client("clerk").get(f"{V1}/board")).status_code == 200

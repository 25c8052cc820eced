from html.parser import HTMLParser
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.hub.web.conftest import House

V1 = "/api/v1"


async def test_health_is_open_and_readiness_follows_the_disk(house: House) -> None:
    client = house.client()
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    assert (await client.get("/readyz")).json() == {"status": "ready", "seq": house.services.bus.durable_seq}
    house.services.bus._on_trouble("disk full")
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "storage")
    assert "retry-after" in answer.headers
    assert (await client.get("/healthz")).status_code == 200
    house.services.bus._on_trouble(None)


async def test_a_full_disk_refuses_tickets_and_goes_on_calling(house: House) -> None:
    client = house.client("clerk")
    await client.post(f"{V1}/windows/3/sign-on", json={"clerk": "1001"})
    await client.post(f"{V1}/tickets", json={"service": "social"})
    house.services.bus._on_trouble("disk full")
    refused = await client.post(f"{V1}/tickets", json={"service": "social"})
    assert (refused.status_code, refused.json()["code"]) == (503, "storage")
    assert int(refused.headers["retry-after"]) > 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.services.bus, "_on_durable", lambda _: None)  # the disk is as full as it says
        called = await client.post(f"{V1}/windows/3/next")
        assert (called.status_code, called.json()["stored"], called.json()["number"]) == (202, False, "A001")
        finished = await client.post(f"{V1}/windows/3/finish")
        assert (finished.status_code, finished.json()["stored"]) == (202, False)
        paused = await client.post(f"{V1}/windows/3/pause", json={"reason": "用餐"})
        assert (paused.status_code, paused.json()["stored"], paused.json()["state"]) == (202, False, "paused")
    house.services.bus._on_trouble(None)


@pytest.mark.parametrize(
    ("role", "path", "body", "unknown"),
    [
        ("device", "tickets", {"service": "social", "prioritiy": "elderly"}, "prioritiy"),
        ("clerk", "windows/3/sign-on", {"clerk": "1001", "password": "1"}, "password"),
        ("clerk", "windows/3/finish", {"matters": [{"services": "tax"}]}, "matters.0.services"),
        ("inspector", "flags/x/decision", {"decision": "dismissed", "reason": "x", "why": ""}, "why"),
    ],
)
async def test_a_key_that_the_call_does_not_know_is_refused_and_named(
    house: House, role: str, path: str, body: dict[str, Any], unknown: str
) -> None:
    seq = house.services.bus.last_seq
    answer = await house.client(role).post(f"{V1}/{path}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_value")
    assert {"where": f"body.{unknown}", "detail": "不认识的参数 (unknown)"} in answer.json()["errors"]
    assert house.services.bus.last_seq == seq


async def test_metrics_count_what_the_log_tells(house: House) -> None:
    await house.served()
    await house.press()
    figures = (await house.client("device").get("/metrics")).text.splitlines()
    assert 'hallhub_tickets_total{service="social"} 1.0' in figures
    assert 'hallhub_presses_total{disposition="rating"} 1.0' in figures
    assert f"hallhub_log_seq {float(house.services.bus.durable_seq)}" in figures
    assert "hallhub_log_lag 0.0" in figures
    assert "hallhub_log_trouble 0.0" in figures
    assert 'hallhub_waiting{service="social"} 0.0' in figures


@pytest.mark.parametrize("path", [f"{V1}/tickets", f"{V1}/windows/3/next"])
async def test_a_body_that_is_too_large_is_413(house: House, path: str) -> None:
    client = house.client("clerk")
    answer = await client.post(path, content=b" " * (64 * 1024 + 1))
    assert (answer.status_code, answer.json()["status"]) == (413, 413)


async def test_a_body_of_unknown_length_is_counted(house: House) -> None:
    async def endless() -> Any:
        for _ in range(100):
            yield b" " * 1024

    answer = await house.client("clerk").post(f"{V1}/tickets", content=endless())
    assert answer.status_code == 413


async def test_a_wrong_method_is_a_problem(house: House) -> None:
    answer = await house.client("clerk").put(f"{V1}/tickets")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
    assert "POST" in answer.headers["allow"]


async def test_a_fault_of_ours_is_logged_and_tells_the_client_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> bool:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(house.devices, "prints", fail)
    with capture_logs() as logs:
        answer = await house.client("device").post(f"{V1}/tickets", json={"service": "social", "kiosk": "K1"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert "ZeroDivision" not in answer.text
    assert [log["event"] for log in logs] == ["request.failed"]


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/docs", "/kiosk", "/kiosk/", "/wall", "/wall/", "/caller", "/caller/", "/r/x"])
async def test_pages_are_open_and_load_nothing_from_elsewhere(house: House, path: str) -> None:
    answer = await house.client().get(path)
    assert answer.status_code == (404 if path == "/r/x" else 200)
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-cache"
    links = Links()
    links.feed(answer.text)
    for link in links.found:
        assert link.startswith("/"), link
        if link.startswith(("/static/", "/citizen/", "/kiosk/", "/wall/", "/caller/")):
            assert (await house.client().get(link)).status_code == 200, link


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag != "style"
        assert not any(name.startswith("on") or name == "style" for name, _ in attrs)
        self.found.extend(v for k, v in attrs if k in {"src", "href"} and v and not v.startswith("#"))


@pytest.mark.parametrize("folder", ["/static", "/static/", "/static/fonts/", "/citizen/", "/static/fonts/files"])
async def test_folders_are_not_listed(house: House, folder: str) -> None:
    answer = await house.client("admin").get(folder)
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/kiosk/..%2froutes.py", "/wall/%00"])
async def test_nothing_beside_the_pages_is_served(house: House, path: str) -> None:
    answer = await house.client("admin").get(path)
    assert answer.status_code == 404


async def test_fonts_are_kept_for_ever(house: House) -> None:
    answer = await house.client().get("/static/fonts/files/noto-sans-sc-latin-wght-normal.woff2")
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]


async def test_answers_of_the_api_are_not_kept(house: House) -> None:
    answer = await house.client("device").get(f"{V1}/board")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


# --- OpenAPI ---------------------------------------------------------------------------------------------------------


async def test_every_call_is_documented_with_roles_and_problems(house: House) -> None:
    schema = (await house.client().get("/openapi.json")).json()
    assert set(schema["components"]["securitySchemes"]) == {"bearer", "cookie"}
    for path, calls in schema["paths"].items():
        for method, call in calls.items():
            where = f"{method} {path}"
            assert call["summary"].isascii() is False, where
            assert call["description"].startswith("身份 (roles): "), where
            assert "application/problem+json" in call["responses"]["401"]["content"], where
    assert "HTTPValidationError" not in schema["components"]["schemas"]


async def test_the_docs_name_every_call(house: House) -> None:
    client = house.client()
    schema = (await client.get("/openapi.json")).json()
    page = (await client.get("/docs")).text
    assert all(path in page for path in schema["paths"])

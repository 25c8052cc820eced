"""Every call of OpenAPI with values that nobody thought of: no 5xx, and only what is documented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hub import wire
from tests.hub.web.conftest import House
from tests.hub.web.test_roles import CONTRACT
from tests.hub.web.threaded import ThreadedHouse, threaded_house

EXAMPLES = 10
HEALTH = list(HealthCheck)
GOOD = {("GET", path, GenerationMode.NEGATIVE) for path in ("/healthz", "/readyz", "/r/{code}")}
"""Calls that nothing is wrong for."""
CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance, status_code_conformance]


async def one_keypad(house: House) -> None:
    item = wire.DeviceItem("line-1", "keypad.ff68", "ok", "2026-11-25T09:00:00.000+08:00", "", (3,))
    house.devices.put(item)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedHouse]:
    with threaded_house(tmp_path_factory.mktemp("fuzzed"), one_keypad) as running:
        yield running


@pytest.fixture(scope="module")
def api(running: ThreadedHouse) -> Any:
    return schemathesis.openapi.from_url(f"{running.url}/openapi.json")


@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [(*call, mode) for call in CONTRACT for mode in GenerationMode if (*call, mode) not in GOOD],
)
def test_no_call_fails_or_answers_what_is_not_documented(
    api: Any, running: ThreadedHouse, method: str, path: str, mode: GenerationMode
) -> None:
    roles = CONTRACT[method, path]
    headers = {"Authorization": f"Bearer {running.house.keys[min(roles)]}"} if roles else {}

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=HEALTH)
    @given(case=api[path][method].as_strategy(generation_mode=mode))
    def call(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    call()

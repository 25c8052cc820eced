import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from hub.clock import ManualClock, ScaledClock
from hub.web.simulated import SimulatedTime
from tests.hub.web.conftest import House


async def answer(_: Request) -> PlainTextResponse:
    return PlainTextResponse("yes")


async def test_simulated_hall_says_its_time_and_speed_in_each_answer() -> None:
    real = ManualClock()
    clock = ScaledClock(60, start_ms=1_000_000, real=real)
    app = SimulatedTime(Starlette(routes=[Route("/", answer)]), clock)
    real.advance(2)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hall") as client:
        assert (await client.get("/")).headers["hall-time"] == "1120000 60"
        clock.jump(3600)
        assert (await client.get("/nowhere")).headers["hall-time"] == "4720000 60"


async def test_real_hall_says_no_such_thing(house: House) -> None:
    assert "hall-time" not in (await house.client().get("/healthz")).headers

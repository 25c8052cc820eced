"""A hub for page tests: serves the pages and answers /api/v1 in the contract's shapes, behind a cable that can fail.

By hand: `python -m tests.pages.fake_hub 8123`, then /kiosk#pair=device, /wall#pair=device or /caller#pair=clerk there.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from tests.pages.fake_hall import ALLOWED, FakeHall, Refused

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"kiosk": ROOT / "kiosk/page", "wall": ROOT / "displays/wall", "caller": ROOT / "hub/web/caller"}
SHARED = ROOT / "hub/web/static"
CSP = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
T = TypeVar("T")


class Knobs:
    """What a test may turn."""

    def __init__(self) -> None:
        self.codes = {"device": "device", "clerk": "clerk"}
        self.codes_work_once = False
        self.verb_delay_s = 0.0
        self.fail_tickets = 0
        self.lose_replies = 0
        self.problem: Refused | None = None
        self.lines = 0
        self.hall_time: str | None = None
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []


def problem(status: int, detail: str) -> JSONResponse:
    body = {"type": "about:blank", "title": "refused", "status": status, "detail": detail}
    return JSONResponse(body, status, media_type="application/problem+json")


def make_app(hall: FakeHall, knobs: Knobs) -> FastAPI:
    app = FastAPI()
    clients: set[asyncio.Event] = set()

    def wake() -> None:
        for client in clients:
            client.set()

    hall.on_change = wake

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Any]) -> Response:
        path = request.url.path
        if path.startswith("/api/v1/") and path != "/api/v1/pair":
            role = request.cookies.get("hallhub")
            if role not in {"device", "clerk"}:
                return problem(401, "没有配对。")
            if role == "device" and path.startswith("/api/v1/windows"):
                return problem(403, "这个配对不能用于窗口。")
        response: Response = await call_next(request)
        response.headers["Content-Security-Policy"] = CSP
        response.headers["Cache-Control"] = "no-cache"
        if knobs.hall_time is not None:
            response.headers["Hall-Time"] = knobs.hall_time
        return response

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> Response:
        return problem(error.status, error.detail)

    @app.get("/healthz")
    async def healthz() -> dict[str, bool]:
        return {"ok": True}

    @app.get("/favicon.ico")
    async def favicon() -> Response:
        return Response(status_code=204)

    @app.post("/api/v1/pair")
    async def pair(request: Request) -> Response:
        code = (await request.json()).get("code")
        role = knobs.codes.pop(code, None) if knobs.codes_work_once else knobs.codes.get(code)
        if role is None:
            return problem(401, "配对码无效。")
        response = Response(status_code=204)
        response.set_cookie("hallhub", role, httponly=True, samesite="strict")
        return response

    @app.get("/api/v1/hall")
    async def get_hall(request: Request) -> Response:
        return JSONResponse(hall.hall(with_clerks=request.cookies.get("hallhub") == "clerk"))

    @app.get("/api/v1/board")
    async def board() -> Response:
        return JSONResponse({"seq": hall.seq, "topic": "board", "board": hall.board()})

    @app.get("/api/v1/windows")
    async def windows() -> Response:
        return JSONResponse(hall.windows_state())

    @app.post("/api/v1/tickets")
    async def issue(request: Request) -> Response:
        body = await request.json()
        knobs.requests.append(("POST", "/api/v1/tickets", dict(request.headers), body))
        if knobs.fail_tickets > 0:
            knobs.fail_tickets -= 1
            return problem(503, "系统正忙。")
        reply = hall.issue(request.headers["idempotency-key"], body, f"http://{request.headers['host']}")
        if knobs.lose_replies > 0:
            knobs.lose_replies -= 1
            raise ConnectionResetError
        return JSONResponse(reply, 201)

    @app.post("/api/v1/tickets/{ticket_id}/return")
    async def give_back(ticket_id: str) -> Response:
        return JSONResponse(hall.give_back(ticket_id))

    @app.post("/api/v1/windows/{number}/{verb}")
    async def do(number: int, verb: str, request: Request) -> Response:
        raw = await request.body()
        body = json.loads(raw) if raw else {}
        knobs.requests.append(("POST", request.url.path, dict(request.headers), body))
        await asyncio.sleep(knobs.verb_delay_s)
        if knobs.problem is not None:
            raise knobs.problem
        if verb not in ALLOWED:
            return problem(404, "没有这个操作。")
        reply = hall.verb(number, verb, body)
        if reply is None:
            return Response(status_code=204)
        return JSONResponse(reply if hall.stored else {**reply, "stored": False}, 200 if hall.stored else 202)

    @app.websocket("/api/v1/live")
    async def live(client: WebSocket, topic: str) -> None:
        role = client.cookies.get("hallhub")
        if role is None or (topic == "windows" and role != "clerk"):
            await client.close(1008)
            return
        await client.accept()
        knobs.lines += 1
        news = asyncio.Event()
        clients.add(news)

        async def pump() -> None:
            while True:
                news.clear()
                state = hall.board() if topic == "board" else hall.windows_state()
                await client.send_text(json.dumps({"seq": hall.seq, "topic": topic, topic: state}))
                await news.wait()

        try:
            async with asyncio.TaskGroup() as tasks:
                pumping = tasks.create_task(pump())
                while (await client.receive())["type"] != "websocket.disconnect":
                    pass
                pumping.cancel()
        finally:
            clients.discard(news)

    for name, folder in PAGES.items():
        index = folder / "index.html"

        @app.get(f"/{name}")
        async def page(path: Path = index) -> FileResponse:
            return FileResponse(path)

        app.mount(f"/{name}", StaticFiles(directory=folder))
    app.mount("/static", StaticFiles(directory=SHARED))
    return app


class Cable:
    """A TCP line to the hub that can be silent (pulled) or refuse (hub away)."""

    def __init__(self, upstream_port: int) -> None:
        self.upstream_port = upstream_port
        self.whole = asyncio.Event()
        self.whole.set()
        self.listener: socket.socket | None = None
        self.port = 0
        self.joined: set[asyncio.Task[None]] = set()

    async def up(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        # not asyncio.start_server: what it lets in as it closes keeps its socket open (Python 3.11)
        asyncio.get_running_loop().add_reader(self.listener, self._let_in)

    async def down(self) -> None:
        if self.listener is None:
            return
        asyncio.get_running_loop().remove_reader(self.listener)
        self.listener.close()
        self.listener = None
        await asyncio.sleep(0)  # whoever was just let in begins, and so owns its socket
        for task in self.joined:
            task.cancel()
        await asyncio.gather(*self.joined, return_exceptions=True)
        await asyncio.sleep(0)  # aborted transports close their sockets in the loop's next turn

    async def pulled(self) -> None:
        self.whole.clear()

    async def plugged(self) -> None:
        self.whole.set()

    def _let_in(self) -> None:
        assert self.listener is not None
        try:
            end, _ = self.listener.accept()
        except BlockingIOError:  # it has gone again
            return
        task = asyncio.create_task(self._join(end))  # noqa: TID251 - a plain callback lets in; down() ends them
        self.joined.add(task)
        task.add_done_callback(self.joined.discard)

    async def _join(self, end: socket.socket) -> None:
        writers = []
        try:
            reader, writer = await asyncio.open_connection(sock=end)
            writers.append(writer)
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
            writers.append(far_writer)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pipe(reader, far_writer))
                tasks.create_task(self._pipe(far_reader, writer))
        except* (OSError, RuntimeError):
            pass
        except* asyncio.CancelledError:
            for writer in writers:
                writer.transport.abort()
        finally:
            for writer in writers:
                writer.close()

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            await self.whole.wait()
            writer.write(chunk)
            await writer.drain()
        writer.close()


class FakeHub:
    """The fake hub in its own thread; `url` is where its cable ends."""

    def __init__(self, port: int = 0) -> None:
        self.hall = FakeHall()
        self.knobs = Knobs()
        self.wanted_port = port
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        assert self.ready.wait(20), "the fake hub did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(20)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.cable.port}"

    def do(self, action: Callable[[FakeHall], T]) -> T:
        """Run `action` on the hall in the hub's own thread and tell the screens."""

        async def run() -> T:
            answer = action(self.hall)
            self.hall.changed()
            return answer

        return self._in_loop(run())

    def pull_cable(self) -> None:
        self._in_loop(self.cable.pulled())

    def plug_cable(self) -> None:
        self._in_loop(self.cable.plugged())

    def go_away(self) -> None:
        self._in_loop(self.cable.down())

    def come_back(self) -> None:
        self._in_loop(self.cable.up())

    def _in_loop(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    async def _run(self) -> None:
        self.loop = asyncio.get_running_loop()
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            make_app(self.hall, self.knobs), log_level="critical", ws="websockets-sansio", timeout_graceful_shutdown=1
        )
        self.server = uvicorn.Server(config)
        self.cable = Cable(listener.getsockname()[1])
        self.cable.port = self.wanted_port
        await self.cable.up()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.server.serve(sockets=[listener]))
            while not self.server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            self.ready.set()
            while not self.server.should_exit:  # noqa: ASYNC110 - nor for this
                await asyncio.sleep(0.05)
            await self.cable.plugged()
            await self.cable.down()


def main() -> None:
    with FakeHub(int(sys.argv[1])) as hub, contextlib.suppress(KeyboardInterrupt):
        hub.thread.join()


if __name__ == "__main__":
    main()

"""A bare FastAPI POST on the same server as the hub's: the floor of `bench issue`. Prints its port."""

from __future__ import annotations

import socket
import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from hub.wiring import run_loop, uvicorn_config

app = FastAPI()


class Wanted(BaseModel):
    """As much as a ticket request says."""

    service: str
    priority: str | None = None
    kiosk: str | None = None


class Given(BaseModel):
    """As much as a ticket's answer says."""

    id: str
    number: str
    service: str
    ahead: int
    estimate_s: int
    issued_at: str


@app.post("/bare", status_code=201)
async def bare(wanted: Wanted) -> Given:
    """Answer at once."""
    return Given(
        id="20261125-A001",
        number="A001",
        service=wanted.service,
        ahead=3,
        estimate_s=900,
        issued_at="2026-11-25T09:30:00+08:00",
    )


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    run_loop(lambda: uvicorn.Server(uvicorn_config(app)).serve(sockets=[listener]))

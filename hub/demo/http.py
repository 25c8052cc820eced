"""The hub's HTTP API, as a kiosk, a page or a phone calls it."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Final, Self

import httpx
import structlog

TIMEOUT_S: Final = 10.0
CONNECTIONS: Final = 64
API: Final = "/api/v1"

_log = structlog.get_logger(__name__)


class Http:
    """One client with one token; an answer that does not come is status 0."""

    def __init__(self, url: str, token: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        # Nothing of the machine's own proxies: the hub is on this machine.
        self._client = httpx.AsyncClient(
            base_url=url, headers=headers, timeout=TIMEOUT_S, limits=limits, trust_env=False
        )
        self.pending = 0
        """Requests under way."""

    async def __aenter__(self) -> Self:
        """The client, to be closed in the end."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def get(self, path: str) -> int:
        """The status."""
        return (await self._ask("GET", path, None, None))[0]

    async def post(self, path: str, body: dict[str, Any] | None = None, *, key: str | None = None) -> tuple[int, Any]:
        """The status, and the body where it is JSON; `key` makes a repetition the same request."""
        return await self._ask("POST", path, body, key)

    async def delete(self, path: str) -> int:
        """The status."""
        return (await self._ask("DELETE", path, None, None))[0]

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None, key: str | None) -> tuple[int, Any]:
        self.pending += 1
        try:
            headers = {"Idempotency-Key": key} if key else None
            answer = await self._client.request(method, path, json=body, headers=headers)
            return answer.status_code, answer.json() if "json" in answer.headers.get("content-type", "") else None
        except httpx.HTTPError as error:
            _log.warning("demo.no_answer", method=method, path=path, reason=repr(error))
            return 0, None
        finally:
            self.pending -= 1

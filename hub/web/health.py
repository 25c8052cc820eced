"""`/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hub.domain import events as e
from hub.errors import StorageFull
from hub.web.answers import Json
from hub.web.roles import allow, allow_everybody
from hub.web.services import Services


def add_routes(api: APIRouter, services: Services, live_clients: Callable[[], int]) -> None:
    """Add the calls for those who watch over the hub."""
    registry = CollectorRegistry()
    registry.register(_Figures(services, live_clients))
    tags: list[str] = ["运维 operations"]

    @api.get("/healthz", summary="程序在运行 (it runs)", tags=[*tags], openapi_extra=allow_everybody())
    async def healthz() -> Response:
        return Json({"status": "ok"})

    @api.get(
        "/readyz",
        summary="能保存事实、能服务；磁盘拒写为 503 (ready; 503 while the disk refuses)",
        tags=[*tags],
        openapi_extra=allow_everybody(),
    )
    async def readyz() -> Response:
        if services.bus.trouble is not None:
            raise StorageFull(services.bus.trouble)
        return Json({"status": "ready", "seq": services.bus.durable_seq})

    @api.get(
        "/metrics",
        summary="Prometheus 指标 (metrics)",
        tags=[*tags],
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
        openapi_extra=allow("device", "admin"),
    )
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Figures(Collector):
    """Counts what the log tells while the hub runs; reads the rest when asked."""

    def __init__(self, services: Services, live_clients: Callable[[], int]) -> None:
        self._services = services
        self._live_clients = live_clients
        self._presses: Counter[str] = Counter()
        self._tickets: Counter[str] = Counter()
        services.shown.watch(self._count)

    def _count(self, batch: Sequence[e.Recorded]) -> None:
        for recorded in batch:
            fact = recorded.fact
            if isinstance(fact, e.PressUnmatched):
                self._presses[fact.disposition] += 1
            elif isinstance(fact, e.RatingRecorded):
                self._presses["rating"] += 1
            elif isinstance(fact, e.TicketIssued):
                self._tickets[fact.service] += 1

    def collect(self) -> Iterator[Metric]:
        """All figures as they stand."""
        bus = self._services.bus
        yield _counter("hallhub_presses", "Presses since the hub's start, by disposition", "disposition", self._presses)
        yield _counter("hallhub_tickets", "Tickets issued since the hub's start", "service", self._tickets)
        yield GaugeMetricFamily("hallhub_log_seq", "Number of the last fact on disk", value=bus.durable_seq)
        lag = bus.last_seq - bus.durable_seq
        yield GaugeMetricFamily("hallhub_log_lag", "Facts published and not yet on disk", value=lag)
        trouble = 0 if bus.trouble is None else 1
        yield GaugeMetricFamily("hallhub_log_trouble", "1 while the disk refuses facts", value=trouble)
        yield _gauge("hallhub_waiting", "Waiting tickets", "service", self._waiting())
        states = Counter(str(item.state) for item in self._services.devices.items())
        yield _gauge("hallhub_devices", "Devices by state", "state", states)
        yield GaugeMetricFamily("hallhub_live_clients", "Open /live websockets", value=self._live_clients())

    def _waiting(self) -> Counter[str]:
        queues = self._services.shown.state.queues
        return Counter({code: len(queues.get(code, ())) for code in self._services.hall.setup.services})


def _counter(name: str, text: str, label: str, figures: Counter[str]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for value, figure in sorted(figures.items()):
        family.add_metric([value], figure)
    return family


def _gauge(name: str, text: str, label: str, figures: Counter[str]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, figure in sorted(figures.items()):
        family.add_metric([value], figure)
    return family

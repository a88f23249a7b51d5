"""What is measured while requests are answered, for Prometheus; how the shop stands is asked when it is read."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from zhanggui.app.observing.standing import Standing
from zhanggui.core.request import Request
from zhanggui.engine.pipeline import Slate
from zhanggui.engine.shop import Shop

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
MOMENTS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
SOURCE = "source:"


class Metrics:
    """The registry of one server."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(namespace="zhanggui", registry=registry)
        self._requests = Counter(
            "zhanggui_http_requests", "Requests answered", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "zhanggui_http_request_seconds", "Time to the whole answer", ("route",), buckets=SECONDS, registry=registry
        )
        self._waits = Histogram(
            "zhanggui_http_wait_seconds",
            "Time that reads waited for their turn",
            buckets=SECONDS,
            registry=registry,
        )
        self.under_way = Gauge("zhanggui_http_requests_under_way", "Requests being answered", registry=registry)
        self._errors = Counter("zhanggui_errors", "Error answers by their code", ("code",), registry=registry)
        self._pages = Counter("zhanggui_pages", "Pages filled", ("surface",), registry=registry)
        self._degraded = Counter(
            "zhanggui_pages_degraded", "Pages that lack a part", ("surface", "part"), registry=registry
        )
        self._stages = Histogram(
            "zhanggui_stage_seconds", "Time of a stage of a page", ("stage",), buckets=MOMENTS, registry=registry
        )
        self._sources = Histogram(
            "zhanggui_source_seconds", "Time of a source of candidates", ("source",), buckets=MOMENTS, registry=registry
        )

    def watch(self, shop: Shop) -> None:
        """Tell how this shop stands, too."""
        self.registry.register(Standing(shop))

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def waited(self, seconds: float) -> None:
        """Measure how long a request waited for its turn."""
        self._waits.observe(seconds)

    def failed(self, code: str) -> None:
        """Count an error answer."""
        self._errors.labels(code).inc()

    def page(self, request: Request, slate: Slate) -> None:
        """Count a page and measure its parts."""
        self._pages.labels(request.surface).inc()
        for part in slate.degraded:
            self._degraded.labels(request.surface, part).inc()
        for name, millis in slate.timings.items():
            if name.startswith(SOURCE):
                self._sources.labels(name.removeprefix(SOURCE)).observe(millis / 1000)
            else:
                self._stages.labels(name).observe(millis / 1000)

    def text(self) -> bytes:
        """Return everything in Prometheus' text form."""
        return generate_latest(self.registry)

"""How the shop stands, asked at the moment when the metrics are read."""

import math
import platform
import threading
from collections.abc import Iterator, Mapping

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from zhanggui import __version__
from zhanggui.engine.figures import Figures
from zhanggui.engine.progress import Progress
from zhanggui.engine.shop import Shop


class Standing(Collector):
    """Reads the figures of a shop."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def collect(self) -> Iterator[Metric]:
        """Yield what the shop has counted since its start and how it stands."""
        figures = self._shop.figures()
        yield from _gauges(figures)
        yield from _counters(figures)
        build = {"version": __version__, "release": figures.release, "python": platform.python_version()}
        info = GaugeMetricFamily("zhanggui_build_info", "What runs here", labels=list(build))
        info.add_metric(list(build.values()), 1)
        yield info

    def describe(self) -> list[Metric]:
        """Return nothing: that keeps the registry from asking the shop at registration."""
        return []


def _gauges(figures: Figures) -> Iterator[Metric]:
    yield GaugeMetricFamily("zhanggui_feed_position", "Number of the last change applied", figures.position)
    lag = math.nan if figures.lag is None else figures.lag
    yield GaugeMetricFamily("zhanggui_feed_lag", "Changes committed and not yet applied", lag)
    yield GaugeMetricFamily("zhanggui_index_products", "Products in the index", figures.products)
    yield GaugeMetricFamily("zhanggui_meaning_items", "Products that say something", figures.meaning.total)
    yield GaugeMetricFamily("zhanggui_meaning_done", "Of these, products with their vector", figures.meaning.done)
    moving = figures.moving.meaning if figures.moving else Progress(0, 0)
    yield GaugeMetricFamily("zhanggui_next_meaning_items", "The same for the Release being prepared", moving.total)
    yield GaugeMetricFamily("zhanggui_next_meaning_done", "Of these, products with their vector", moving.done)
    yield GaugeMetricFamily("zhanggui_rankings_waiting", "Pages shown, not yet recorded", figures.rankings_waiting)
    yield GaugeMetricFamily("zhanggui_process_threads", "Threads of the server", threading.active_count())


def _counters(figures: Figures) -> Iterator[Metric]:
    dropped = figures.rankings_dropped
    yield CounterMetricFamily("zhanggui_rankings_dropped", "Pages shown whose record was given up", dropped)
    judged = figures.judged
    for name, help, value in (
        ("zhanggui_cross_encoder_runs", "Runs of the cross-encoder", judged.runs),
        ("zhanggui_cross_encoder_pairs", "Pairs of query and product that it judged", judged.pairs),
        ("zhanggui_cross_encoder_seconds", "Time of these runs", judged.seconds),
        ("zhanggui_cross_encoder_remembered", "Pages all of whose pairs were judged before", judged.remembered),
    ):
        yield CounterMetricFamily(name, help, value)
    for name, help, label, counts in (
        ("zhanggui_cross_encoder_skipped", "Pages that went without, by the reason", "reason", judged.skipped),
        ("zhanggui_release_moves", "Moves to another Release, by how they ended", "outcome", figures.moves),
        ("zhanggui_part_failures", "Calls of a part that failed, were late or skipped", "part", figures.failures),
        ("zhanggui_thread_errors", "Failed runs of a background thread", "thread", figures.thread_errors),
        ("zhanggui_written", "Records committed by this server", "kind", figures.written),
    ):
        yield _by(CounterMetricFamily(name, help, labels=[label]), counts)


def _by(family: CounterMetricFamily, counts: Mapping[str, int]) -> Metric:
    for name, count in sorted(counts.items()):
        family.add_metric([name], count)
    return family

"""The one place that names concrete classes: from settings to a Store, a Release and an open shop."""

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import orjson

from zhanggui.app.erasing import STATE
from zhanggui.app.settings import Settings
from zhanggui.app.spaces import Opened, first_served, name_of, note_served, open_encoder_or_base, with_space
from zhanggui.app.web.settings import MIB, ApiSettings
from zhanggui.core.clock import Clock, SystemClock
from zhanggui.core.errors import ConfigError, InputError, ZhangguiError
from zhanggui.core.protocols import Encoder, Store
from zhanggui.data.release import Release, current, tidy, usable
from zhanggui.data.store import open_store
from zhanggui.data.values import moment
from zhanggui.encoders.cross_encoder import open_cross_encoder
from zhanggui.engine.learned import Learned
from zhanggui.engine.opening import Ingredients, open_shop
from zhanggui.engine.pipeline import Watch, unwatched
from zhanggui.engine.rankers.cross_encoder import Judge
from zhanggui.engine.shop import Shop
from zhanggui.engine.state_file import StateFile
from zhanggui.models.bundle import has_bundle, load
from zhanggui.retrieval.fusion import DEFAULT, Fusion
from zhanggui.retrieval.index import TantivyIndex
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.state.memory import MemoryState
from zhanggui.training.fusion import DEFAULT_THRESHOLD

RANKER = "ranker"
"""The folder of a Release that holds its cross-encoder."""

BLEND_FILE = "blend.json"
DEFAULT_WEIGHT = 0.5
FUSION_FILE = "fusion.json"

LOG = logging.getLogger(__name__)

Tick = Callable[[int, int], None]


def store_place(settings: Settings, *, must_exist: bool = True) -> str | Path:
    """Return where the Store is. Raises InputError when it is a file that must be there and is not."""
    place = settings.text("store") or settings.home / "shop.db"
    if must_exist and isinstance(place, Path) and not place.exists():
        raise InputError(f"There is no shop in {str(settings.home)!r}. Name its home: zhanggui --home DIR …")
    return place


@contextmanager
def opened_store(settings: Settings) -> Iterator[Store]:
    """Open the Store that the settings name, and close it."""
    with closing(open_store(settings.text("store") or settings.home / "shop.db")) as store:
        yield store


@contextmanager
def opened_shop(settings: Settings, *, clock: Clock | None = None, on_progress: Tick | None = None) -> Iterator[Shop]:
    """Open the shop that lives in the home, and close it."""
    with closing(build_shop(settings, clock=clock, on_progress=on_progress)) as shop:
        yield shop


def shop_clock(settings: Settings) -> Clock:
    """Return the clock that the shop runs on: the machine's, or one that starts where the settings say."""
    start = settings.text("clock_start")
    return SystemClock(start=moment(start) if start else None)


def shop_encoder(settings: Settings) -> Encoder | None:
    """Open the text encoder of the Release in use, or the one that the settings name; None where they say `none`."""
    return open_encoder_or_base(settings, current_release(settings.home)).encoder


def build_shop(
    settings: Settings, *, clock: Clock | None = None, on_progress: Tick | None = None, watch: Watch = unwatched
) -> Shop:
    """Open the Store, a Release and the projections, and return the shop; whoever asked closes it.

    The Release is the one in use, or while the vectors of its encoder are not there the one that served before
    (`swapping` moves on). `watch` is told of every page.
    """
    home, clock, analyser = settings.home, clock or shop_clock(settings), Analyser()
    tidy(home)
    wanted = current_release(home)
    store = open_store(settings.text("store") or home / "shop.db")
    state = MemoryState(clock=clock)
    kept = StateFile(state, home / STATE)
    kept.open(store)
    release, opened = first_served(settings, wanted, store)
    judge, torn = _judge_or_none(settings, release)
    missed = () if current(home) == (wanted.manifest.name if wanted else "") else ("release",)
    index = index_of(settings, release, opened, analyser)
    given = Ingredients(
        store=store,
        index=index,
        state=state,
        clock=clock,
        fuse=fusion_of(release),
        analyser=analyser,
        learned=learned_of(release),
        release=name_of(release),
        keep=(kept.save,),
        watch=watch,
        erased=(kept.remove,),
        retention_days=settings.number("retention_days"),
        lost=(*missed, *opened.lost, *torn),
        judge=judge,
    )
    shop = open_shop(with_space(given, settings, opened, index), on_progress=on_progress)
    note_served(home, given.release, opened.folder)
    return shop


def index_of(settings: Settings, release: Release | None, opened: Opened, analyser: Analyser) -> TantivyIndex:
    """Open the index that goes with an encoder, with what a Release was fitted to."""
    dim, name = (opened.encoder.dim, opened.encoder.name) if opened.encoder else (0, "")
    threshold = threshold_of(release)
    return open_index(opened.folder, settings, analyser, dim=dim, encoder=name, threshold=threshold)


def open_index(
    folder: Path,
    settings: Settings,
    analyser: Analyser,
    *,
    dim: int,
    encoder: str = "",
    threshold: float | None = None,
) -> TantivyIndex:
    """Open the index in a folder; a lost or torn one is empty, and whoever opens it fills it.

    The threshold of meaning is that of the Release in use unless given.
    """
    nearest = settings.number("dense_candidates")
    fitted = threshold_of(current_release(settings.home)) if threshold is None else threshold
    return TantivyIndex(folder, analyser=analyser, dim=dim, dense_k=nearest, dense_threshold=fitted, encoder=encoder)


def threshold_of(release: Release | None) -> float:
    """Return how many deviations from the mean a product must lie to match by meaning alone."""
    return fitted_search(release).get("threshold", DEFAULT_THRESHOLD)


def judge_of(settings: Settings, release: Release | None) -> Judge | None:
    """Open the cross-encoder of a Release; None where there is none, or where it counts nothing. Raises ConfigError."""
    folder = release.path / RANKER if release else None
    if folder is None or not folder.is_dir() or not (weight := read_weight(folder)):
        return None
    scorer = open_cross_encoder(folder, threads=settings.number("rerank_threads"))
    return Judge(scorer, weight=weight, milliseconds=settings.number("rerank_ms"))


def read_weight(folder: Path) -> float:
    """Return the share of the cross-encoder in the mixture, as `blend.json` has it; else the default."""
    file = folder / BLEND_FILE
    if not file.exists():
        return DEFAULT_WEIGHT
    try:
        weight = float(orjson.loads(file.read_bytes())["weight"])
    except (ValueError, KeyError, TypeError) as fault:
        raise ConfigError(
            f'{file} cannot be read: {fault!r}. It holds {{"weight": 0.5}}; train the ranker anew.'
        ) from None
    if not 0 <= weight <= 1:
        raise ConfigError(f"{file}: weight must lie in 0..1. Got {weight}.")
    return weight


def _judge_or_none(settings: Settings, release: Release | None) -> tuple[Judge | None, tuple[str, ...]]:
    try:
        return judge_of(settings, release), ()
    except ZhangguiError as error:
        LOG.error("the cross-encoder of Release %s cannot be opened, search goes without: %s", name_of(release), error)
        return None, (RANKER,)


def current_release(home: Path) -> Release | None:
    """Open the Release in use, or the last one before it that is whole; None in a shop that was never trained."""
    return usable(home)


def api_settings(settings: Settings) -> ApiSettings:
    """Return what the HTTP side must know."""
    return ApiSettings(
        write_key=settings.text("write_key"),
        title=settings.text("title"),
        language=settings.text("language"),
        report=settings.home / "report.json",
        home=settings.home,
        choose_users=settings.text("shopper_choice") == "on",
        metrics=settings.text("metrics"),
        max_body_bytes=settings.number("max_body_mb") * MIB,
        max_requests=settings.number("max_requests"),
        max_writes=settings.number("max_writes"),
        pages_at_once=settings.number("pages_at_once"),
        request_seconds=settings.number("request_seconds"),
        body_seconds=settings.number("body_seconds"),
    )


def fusion_of(release: Release | None) -> Fusion:
    """Return the fusion that a Release was fitted to, else the measured default."""
    fitted = fitted_search(release)
    return Fusion(weight=fitted["weight"], spread=fitted["spread"]) if fitted else DEFAULT


def fitted_search(release: Release | None) -> dict[str, float]:
    """Return what a Release fitted to judged queries: weight and spread of the fusion, threshold of meaning; or {}."""
    file = release.path / FUSION_FILE if release else None
    return (
        {name: float(value) for name, value in orjson.loads(file.read_bytes()).items()}
        if file and file.exists()
        else {}
    )


def learned_of(release: Release | None) -> Learned:
    """Return the models of a Release by what they are for."""
    if release is None or not has_bundle(release.path):
        return Learned()
    bundle = load(release.path)
    return Learned(
        blend=bundle.blend,
        members=bundle.members,
        neighbours=bundle.member("knn"),
        together=bundle.member("bought_together"),
        repeats=bundle.repeats,
    )

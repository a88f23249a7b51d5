"""The one place that names concrete classes: from settings to a Store, a Release and an open shop."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import orjson

from zhanggui.app.erasing import STATE
from zhanggui.app.settings import Settings
from zhanggui.app.web.settings import MIB, ApiSettings
from zhanggui.core.clock import Clock, SystemClock
from zhanggui.core.errors import InputError
from zhanggui.core.protocols import Encoder, Store
from zhanggui.data.release import Release, current, tidy, usable
from zhanggui.data.store import open_store
from zhanggui.data.values import moment
from zhanggui.encoders import VectorCache, open_encoder
from zhanggui.engine.learned import Learned
from zhanggui.engine.opening import Ingredients, open_shop
from zhanggui.engine.pipeline import Watch, unwatched
from zhanggui.engine.shop import Shop
from zhanggui.engine.state_file import StateFile
from zhanggui.models.bundle import has_bundle, load
from zhanggui.retrieval.fusion import DEFAULT, Fusion
from zhanggui.retrieval.index import TantivyIndex
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.state.memory import MemoryState
from zhanggui.training.fusion import DEFAULT_THRESHOLD

NO_ENCODER = "none"
FUSION_FILE = "fusion.json"

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
    """Open the text encoder; None where the settings say `none`."""
    name = settings.text("encoder")
    return (
        None
        if name == NO_ENCODER
        else open_encoder(name, cache=settings.cache, threads=settings.number("encoder_threads"))
    )


def build_shop(
    settings: Settings, *, clock: Clock | None = None, on_progress: Tick | None = None, watch: Watch = unwatched
) -> Shop:
    """Open the Store, the current Release and the projections, and return the shop; whoever asked closes it.

    `watch` is told of every page.
    """
    home, clock = settings.home, clock or shop_clock(settings)
    tidy(home)
    release, encoder, analyser = current_release(home), shop_encoder(settings), Analyser()
    store = open_store(settings.text("store") or home / "shop.db")
    state = MemoryState(clock=clock)
    kept = StateFile(state, home / STATE)
    kept.open(store)
    dim, name = (encoder.dim, encoder.name) if encoder else (0, "")
    index = open_index(home / "index", settings, analyser, dim=dim, encoder=name)
    vectors = VectorCache(home / "vectors", encoder=encoder.name, dim=encoder.dim) if encoder else None
    given = Ingredients(
        store=store,
        index=index,
        state=state,
        clock=clock,
        fuse=fusion_of(release),
        analyser=analyser,
        encoder=encoder,
        vectors=vectors,
        learned=learned_of(release),
        release=release.manifest.name if release else "base",
        keep=(kept.save,),
        close=(index.close, *((vectors.close,) if vectors else ())),
        watch=watch,
        erased=(kept.remove,),
        retention_days=settings.number("retention_days"),
        lost=() if current(home) == (release.manifest.name if release else "") else ("release",),
    )
    return open_shop(given, on_progress=on_progress)


def open_index(folder: Path, settings: Settings, analyser: Analyser, *, dim: int, encoder: str = "") -> TantivyIndex:
    """Open the index in a folder; a lost or torn one is empty, and whoever opens it fills it."""
    release, nearest = current_release(settings.home), settings.number("dense_candidates")
    threshold = fitted_search(release).get("threshold", DEFAULT_THRESHOLD)
    return TantivyIndex(folder, analyser=analyser, dim=dim, dense_k=nearest, dense_threshold=threshold, encoder=encoder)


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

"""`train ranker` from the Store to a Release that serves, with a tiny model; the real loading, loops and export."""

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.train.language.tiny import tiny_base
from zhanggui.app.build import build_shop, current_release
from zhanggui.app.lessons import Lesson
from zhanggui.app.ranker_training import train_ranker
from zhanggui.app.releasing import Order, Part, make_release
from zhanggui.app.settings import Settings, load
from zhanggui.app.swapping import Mover
from zhanggui.core.errors import InputError
from zhanggui.core.interactions import Judgments
from zhanggui.core.product import Product
from zhanggui.core.protocols import Store
from zhanggui.core.request import Request, Surface
from zhanggui.data.store import open_store
from zhanggui.encoders.cross_encoder import open_cross_encoder
from zhanggui.training.language import plan as plans
from zhanggui.training.language.base import save_base

WORDS = [f"w{n}" for n in range(60)]


def untold(what: str, done: int, steps: int) -> None:
    pass


def products(count: int) -> list[Product]:
    dice = random.Random(5)
    return [Product(f"p{n}", title=" ".join(dice.sample(WORDS, 7)), brand=dice.choice(WORDS)) for n in range(count)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(environ={"ZHANGGUI_ENCODER": "hash", "ZHANGGUI_RERANK_MS": "30000"}, home=tmp_path / "home")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    settings.home.mkdir()
    store = open_store(settings.home / "shop.db")
    store.put_products(products(160))
    yield store
    store.close()


@pytest.fixture
def order(tmp_path: Path) -> Order:
    save_base(tiny_base(WORDS, layers=4, prefixes=True), tmp_path / "tiny")
    log = tmp_path / "queries.txt"
    log.write_text("\n".join(" ".join(product.title.split()[2:5]) for product in products(60)), "utf-8")
    return Order(Part.RANKER, base=str(tmp_path / "tiny"), minutes=0.1, query_log=log)


def lesson(order: Order) -> Lesson:
    return Lesson(order.base, order.minutes, 3, query_log=order.query_log)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let random weights learn within seconds: those of a real base may move but a little."""

    usual = plans.Plan

    def lively(**given: Any) -> plans.Plan:
        return usual(**given | {"learning_rate": 3e-3, "frozen_words": False, "epochs": 8})

    monkeypatch.setattr(plans, "Plan", lively)


@pytest.mark.usefixtures("quick")
def test_it_learns_what_nobody_wants_and_search_is_better_with_it(
    settings: Settings, store: Store, order: Order
) -> None:
    """No pair asks for titles of two words, and search likes them for being short."""
    dice = random.Random(6)
    store.put_products([Product(f"short{n}", title=" ".join(dice.sample(WORDS, 2))) for n in range(600)])
    wanted = {word: {p.item_id: 1.0 for p in products(160) if word in p.title.split()} for word in WORDS}
    judgments = Judgments({word: word for word in WORDS}, wanted)
    told = make_release(settings, store, replace(order, minutes=3.0, judgments=judgments, query_log=None), told=untold)
    metrics = told.manifest.metrics
    for who in ("ranker", "ranker_teacher"):
        assert metrics[f"{who}_test_precision"] > 0.45, metrics  # a quarter is right: knowing nothing gives .25
    assert metrics["ranker_helps"] and metrics["ranker_weight"] > 0, metrics


def test_a_release_gets_a_ranker(settings: Settings, store: Store, order: Order) -> None:
    first = make_release(settings, store, Order(), told=untold)
    release = make_release(settings, store, order, told=untold)
    made = {"ranker/model.onnx", "ranker/tokenizer.json", "ranker/blend.json"}
    reports = {"runs/ranker/report.html", "runs/ranker-teacher/report.html"}
    assert made | reports <= set(release.manifest.files)
    assert first.manifest.files.items() <= release.manifest.files.items(), "other parts stay"
    assert not (settings.home / "training" / "ranker").exists(), "the checkpoints of a run that is in place are gone"
    told, metrics = release.manifest.settings, release.manifest.metrics
    assert (told["part"], told["base"], told["layers"], told["teacher_layers"]) == ("ranker", order.base, 3, 4)
    assert told["title pairs"] > 0 and told["answered_by_teacher"] > 0
    for name in ("dev", "test"):
        assert {f"ranker_{name}_loss", f"ranker_teacher_{name}_accuracy"} <= metrics.keys()
    assert metrics["ranker_teacher_dev_accuracy"] > 0.5 and metrics["ranker_agreement"] > 0.5
    assert metrics["ranker_weight"] == orjson.loads((release.path / "ranker/blend.json").read_bytes())["weight"]
    assert metrics["ranker_helps"] == (metrics["ranker_weight"] > 0)
    assert metrics["ranker_weight"] in (0.0, metrics["ranker_weight_tried"])
    assert metrics["ranker_sure_after"] >= 0.98 * metrics["ranker_sure_before"]
    assert metrics["ranker_ms"] > 0 and "<svg" in (release.path / "runs/ranker/report.html").read_text("utf-8")


def test_a_running_shop_moves_to_the_ranker_if_it_helps(
    settings: Settings, store: Store, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_release(settings, store, Order(), told=untold)
    for weight, judged in ((0.0, False), (0.7, True)):
        monkeypatch.setattr("zhanggui.app.ranker_training.confirmed", lambda *_, weight=weight: weight)
        with closing(build_shop(settings)) as shop, closing(Mover(settings, shop)) as mover:
            release = make_release(settings, store, order, told=untold)
            mover.look()
            page = shop.page(Request(Surface.SEARCH, query=products(1)[0].title))
            assert shop.health().release == release.manifest.name
            assert (page.items[0].by("cross_encoder") is not None) is judged
            assert shop.figures().judged.runs == int(judged)


def test_a_run_whose_release_failed_goes_on_from_its_checkpoints(
    settings: Settings, store: Store, order: Order, tmp_path: Path
) -> None:
    seen: list[str] = []

    def told(what: str, done: int, steps: int) -> None:
        seen.append(what)

    train_ranker(settings, store, lesson(order), tmp_path / "one", told=told)
    stages = list(dict.fromkeys(seen))
    assert [
        stages.index(one) for one in ("negatives", "candidates", "teacher", "teacher's answers", "student")
    ] == sorted(stages.index(one) for one in ("negatives", "candidates", "teacher", "teacher's answers", "student"))
    seen.clear()
    train_ranker(settings, store, lesson(order), tmp_path / "two", told=told)
    assert not {"teacher", "student"} & set(seen), "what was trained is not trained again"
    one, two = (open_cross_encoder(tmp_path / name / "ranker") for name in ("one", "two"))
    assert one.name == two.name


def test_judged_queries_choose_the_weight_and_are_never_learnt_from(
    settings: Settings, store: Store, order: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zhanggui.app import ranker_training

    chosen = []
    secret = " ".join(products(1)[0].title.split()[2:5])
    judgments = Judgments({"q": secret.upper()}, {"q": {"p0": 1.0}})
    gather = ranker_training.gather_ranker
    monkeypatch.setattr(ranker_training, "gather_ranker", lambda *a, **k: chosen.append(gather(*a, **k)) or chosen[0])
    train_ranker(settings, store, replace(lesson(order), judgments=judgments), tmp_path / "one", told=untold)
    [lessons] = chosen
    assert lessons.choice.judgments is judgments
    texts = {one.left for one in (*lessons.train, *lessons.dev, *lessons.test)}
    assert secret not in texts | {left for left, _ in (*lessons.unlabelled, *lessons.unlabelled_dev)}


def test_an_empty_shop_is_told_what_to_do(settings: Settings, order: Order) -> None:
    settings.home.mkdir()
    with closing(open_store(settings.home / "shop.db")) as store:
        with pytest.raises(InputError, match="zhanggui import products"):
            make_release(settings, store, replace(order, query_log=None), told=untold)
    assert current_release(settings.home) is None
    assert not list((settings.home / "releases").glob("2*"))

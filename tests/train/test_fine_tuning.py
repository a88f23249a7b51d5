"""`train encoder` from the Store to a Release that serves, with a tiny model; the real loading, loop and export."""

import json
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.train.language.tiny import tiny_base
from zhanggui.app.build import build_shop, current_release, fusion_of
from zhanggui.app.fine_tuning import fine_tune_encoder
from zhanggui.app.lessons import Lesson
from zhanggui.app.releasing import Order, Part, make_release
from zhanggui.app.settings import Settings, load
from zhanggui.core.errors import InputError
from zhanggui.core.product import Product
from zhanggui.core.protocols import Store
from zhanggui.core.request import Request, Surface
from zhanggui.data.store import open_store
from zhanggui.encoders.folder import open_folder
from zhanggui.training.language.base import open_base, save_base
from zhanggui.training.language.export.folder import export_encoder
from zhanggui.training.language.vectors import passages

WORDS = [f"w{n}" for n in range(60)]


def untold(what: str, done: int, steps: int) -> None:
    pass


def products(count: int) -> list[Product]:
    dice = random.Random(5)
    return [Product(f"p{n}", title=" ".join(dice.sample(WORDS, 7)), brand=dice.choice(WORDS)) for n in range(count)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a shop whose own search, which finds the wrong passages to learn from, needs no model."""
    return load(environ={"ZHANGGUI_ENCODER": "hash"}, home=tmp_path / "home", cache=tmp_path / "cache")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    settings.home.mkdir()
    store = open_store(settings.home / "shop.db")
    store.put_products(products(160))
    yield store
    store.close()


@pytest.fixture
def order(tmp_path: Path) -> Order:
    save_base(tiny_base(WORDS, prefixes=True), tmp_path / "tiny")
    return Order(Part.ENCODER, base=str(tmp_path / "tiny"), minutes=0.2)


def test_a_release_gets_an_encoder_that_serves(settings: Settings, store: Store, order: Order) -> None:
    release = make_release(settings, store, order, told=untold)
    assert {"encoder/model.onnx", "encoder/tokenizer.json", "fusion.json", "runs/encoder/report.html"} <= set(
        release.manifest.files
    )
    metrics = release.manifest.metrics
    assert metrics["encoder_mrr_after"] > metrics["encoder_mrr_before"] - 0.02, "dev decides, and this is test"
    assert not (settings.home / "training" / "encoder").exists(), "the checkpoints of a run that is in place are gone"
    shop = build_shop(load(environ={}, home=settings.home, cache=settings.cache))
    try:
        deadline = time.monotonic() + 20
        while shop.health().meaning.done < 160:
            assert time.monotonic() < deadline, "the vectors did not come"
            threading.Event().wait(0.01)
        assert (shop.health().release, shop.health().degraded) == (release.manifest.name, ())
        page = shop.page(Request(Surface.SEARCH, query=products(1)[0].title))
        assert page.items[0].item == "p0"
        assert page.items[0].by("dense") is not None
    finally:
        shop.close()


def test_the_spread_of_the_new_cosines_is_measured(settings: Settings, store: Store, order: Order) -> None:
    release = make_release(settings, store, order, told=untold)
    fusion = fusion_of(current_release(settings.home))
    assert fusion.spread == pytest.approx(release.manifest.metrics["fusion_spread"])
    assert fusion.spread != pytest.approx(0.0115)


def test_other_parts_of_the_release_stay(settings: Settings, store: Store, order: Order) -> None:
    first = make_release(settings, store, Order(), told=untold)
    second = make_release(settings, store, order, told=untold)
    kept = {file for file in first.manifest.files if file != "fusion.json"}
    assert {file: first.manifest.files[file] for file in kept}.items() <= second.manifest.files.items()


def test_the_report_and_the_manifest_tell_how(settings: Settings, store: Store, order: Order) -> None:
    release = make_release(settings, store, order, told=untold)
    told = release.manifest.settings
    assert (told["part"], told["base"], told["budget_minutes"]) == ("encoder", order.base, 0.2)
    assert "<svg" in (release.path / "runs/encoder/report.html").read_text("utf-8")
    lines = (release.path / "runs/encoder/metrics.jsonl").read_text("utf-8").splitlines()
    told_names = {
        name for line in lines if json.loads(line)["kind"] == "scalars" for name in json.loads(line)["values"]
    }
    assert {"train/loss", "dev/kept"} <= told_names
    assert "encoder/queries.onnx" in release.manifest.files


def test_items_stay_where_they_are_unless_both_sides_are_trained(
    settings: Settings, store: Store, order: Order
) -> None:
    alone, both = (
        make_release(settings, store, replace(order, part=part), told=untold)
        for part in (Part.ENCODER, Part.BI_ENCODER)
    )
    texts = [product.title for product in products(5)]
    base = passages(open_base(order.base, cache=settings.cache), texts)
    assert np.einsum("nd,nd->n", open_folder(alone.path / "encoder").passages(texts), base).min() > 0.999
    judged = ['"dev/mrr"' in (one.path / "runs/encoder/metrics.jsonl").read_text("utf-8") for one in (alone, both)]
    assert judged == [False, True], "pairs are judged where pairs are learnt"


def test_tokens_stay_where_they_are_while_queries_learn(
    settings: Settings, store: Store, order: Order, tmp_path: Path
) -> None:
    """The two models of a Release have the layers below the last two in common: those of the base."""
    save_base(tiny_base(WORDS, layers=4, prefixes=True), tmp_path / "deep")
    release = make_release(settings, store, replace(order, base=str(tmp_path / "deep")), told=untold)
    encoder = open_folder(release.path / "encoder")
    base = open_base(tmp_path / "deep", cache=settings.cache)
    export_encoder(base, tmp_path / "base")
    untaught, text = open_folder(tmp_path / "base"), products(1)[0].title
    assert np.einsum("nd,nd->n", encoder.queries([text]), untaught.queries([text])).min() < 0.9999, "it learnt"
    met, before = encoder.query_tokens(text), untaught.query_tokens(text)
    assert len(met) == len(before) and np.einsum("nd,nd->n", met, before).min() > 0.999


def test_an_empty_shop_is_told_what_to_do(settings: Settings, tmp_path: Path, order: Order) -> None:
    settings.home.mkdir()
    store = open_store(settings.home / "shop.db")
    with pytest.raises(InputError, match="zhanggui import products"):
        make_release(settings, store, order, told=untold)
    store.close()
    assert current_release(settings.home) is None
    assert not list((settings.home / "releases").glob("2*"))


def test_a_finished_run_whose_release_failed_is_not_trained_again(
    settings: Settings, store: Store, order: Order, tmp_path: Path
) -> None:
    lesson = Lesson(order.base, 0.2, 3)
    seen: list[str] = []
    fine_tune_encoder(settings, store, lesson, tmp_path / "one", told=lambda what, done, steps: seen.append(what))
    trained, seen[:] = seen.count("encoder"), []
    fine_tune_encoder(settings, store, lesson, tmp_path / "two", told=lambda what, done, steps: seen.append(what))
    assert trained > 0
    assert seen.count("encoder") == 0
    one, two = open_folder(tmp_path / "one" / "encoder"), open_folder(tmp_path / "two" / "encoder")
    assert one.name == two.name

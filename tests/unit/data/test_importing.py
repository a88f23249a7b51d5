import gzip
import json

import polars as pl
import pytest

from zhanggui.core.errors import InputError, UnknownNameError
from zhanggui.data.importing import import_events, import_products
from zhanggui.data.store import MemoryStore

HEADER = "user_id,type,time,item_id,query\n"
ROW = "ann,view,2017-10-16,tea,\n"


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def events(store, tmp_path):
    def run(name, content, **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_events(store, [path], rejects=tmp_path / "rejects.jsonl", **options)

    return run


def told(store):
    return [(c.event.user_id, c.event.item_id, c.event.query) for c in store.changes(0, limit=10_000)]


def rejects(report):
    return [json.loads(line) for line in report.rejects.read_text("utf-8").splitlines()]


LINES = [{"user_id": "ann", "type": "view", "time": n, "item_id": "tea", "query": '茶, "x"\n|'} for n in range(5)]


def table(lines):
    return pl.DataFrame(lines).with_columns(pl.from_epoch("time", time_unit="s"))


def as_csv(lines, separator=","):
    return pl.DataFrame(lines).write_csv(separator=separator)


def as_jsonl(lines):
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


FILES = {
    "a.jsonl": as_jsonl(LINES),
    "b.jsonl": "\ufeff" + as_jsonl(LINES).replace("\n", "\r\n\r\n").rstrip(),
    "c.ndjson.gz": gzip.compress(as_jsonl(LINES).encode()),
    "d.csv": as_csv(LINES),
    "e.csv": "\ufeff" + as_csv(LINES, ";").rstrip(),
    "f.tsv.gz": gzip.compress(as_csv(LINES, "\t").encode()),
    "lines": as_jsonl(LINES),
    "table": as_csv(LINES),
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_reads_the_same_events(store, events, name):
    report = events(name, FILES[name])
    assert (report.lines, report.written, report.rejected, report.rejects) == (5, 5, 0, None)
    assert told(store) == [("ann", "tea", LINES[0]["query"])] * 5
    assert events("again.jsonl", FILES["a.jsonl"]).repeated == 5


def test_parquet_reads_the_same_events(store, events, tmp_path):
    table(LINES).write_parquet(tmp_path / "made")
    assert events("x.parquet", (tmp_path / "made").read_bytes()).written == 5
    assert events("again.jsonl", FILES["a.jsonl"]).repeated == 5


def test_equal_lines_are_two_events_and_importing_again_repeats(store, events):
    assert events("a.csv", HEADER + ROW * 3).written == 3
    again = events("a.csv", HEADER + ROW * 3)
    assert (again.written, again.repeated) == (0, 3) and store.totals().events == 3
    assert events("b.csv", HEADER + ROW * 4).written == 1


def test_broken_lines_are_set_aside_with_reason_and_number(events):
    good = as_jsonl(LINES[:1])
    report = events("a.jsonl", good + "{broken\n\n[1]\n" + good + '{"user_id": "ann"}\n\xff\n')
    assert (report.lines, report.written, report.rejected) == (6, 2, 4)
    assert [(r["line"], r["raw"]) for r in rejects(report)] == [
        (2, "{broken"),
        (4, "[1]"),
        (6, '{"user_id": "ann"}'),
        (7, "\xff"),
    ]
    assert "type is missing" in rejects(report)[2]["reason"] and rejects(report)[0]["file"].endswith("a.jsonl")


def test_lines_set_aside_can_be_mended_and_imported(store, events):
    report = events("a.csv", HEADER + ROW.replace("view", "stare") + ROW)
    text = report.rejects.read_text("utf-8")
    assert "type is 'stare'" in text
    mended = events("rejects.jsonl", text.replace('\\"stare\\"', '\\"view\\"'))
    assert (mended.lines, mended.written, mended.repeated) == (1, 0, 1)  # it is the same event as the other line
    assert events("rejects.jsonl", text.replace('\\"stare\\"', '\\"cart\\"')).written == 1


def test_strict_changes_the_exit_code_only(events):
    assert events("a.jsonl", "{}\n").exit_code == 0
    report = events("a.jsonl", as_jsonl(LINES) + "{}\n", strict=True)
    assert (report.exit_code, report.written) == (1, 5)
    assert events("b.jsonl", as_jsonl(LINES), strict=True).exit_code == 0


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("ann,view,2017-10-16\n", "3 fields; the file has 5"),
        ('ann,view,2017-10-16,"tea,\n', "not closed"),
        ('ann,view,2017-10-16,"te"a,\n', "Quotes do not match"),
        (b"ann,view,2017-10-16,\xb2\xe8,\n", "Not UTF-8"),
    ],
)
@pytest.mark.parametrize("many", [1, 300])
def test_a_broken_csv_line_takes_no_good_one_with_it(events, row, reason, many):
    row = row if isinstance(row, bytes) else row.encode()
    quoted = b'ann,view,2017-10-16,tea,"two\nlines, ""quoted"""\n'
    report = events("a.csv", HEADER.encode() + (quoted + row + ROW.encode() * 2) * many)
    assert (report.written, report.rejected) == (3 * many, many)
    lines = [(r["line"], reason in r["reason"]) for r in rejects(report)]
    assert lines == [(4 + 5 * n, True) for n in range(many)]


def test_unknown_items_are_kept_and_flagged(store, events, tmp_path):
    (tmp_path / "p.jsonl").write_text('{"item_id": "tea"}\n')
    import_products(store, [tmp_path / "p.jsonl"], rejects=tmp_path / "r")
    text = HEADER + ROW + ROW.replace("tea", "mug") * 2 + "ann,search,5,,茶\n"
    report = events("a.csv", text)
    assert (report.written, report.flagged) == (4, 2)


def test_unknown_columns_are_counted_and_named(events):
    lines = [{**LINES[0], "mood": "good"}, {**LINES[1], "mood": "bad", "age": 3}, LINES[2]]
    assert events("a.jsonl", as_jsonl(lines)).unknown_columns == {"age": 1, "mood": 2}


def test_progress_ends_at_the_whole(store, tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.jsonl").write_text(as_jsonl(LINES))
    seen = []
    paths = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    import_events(store, paths, rejects=tmp_path / "r", progress=lambda done, total: seen.append((done, total)))
    total = sum(path.stat().st_size for path in paths)
    assert seen[-1] == (total, total) and [done for done, _ in seen] == sorted(done for done, _ in seen)


UNREADABLE = {
    "array.jsonl": (b'[{"a": 1}]', "jq"),
    "binary.csv": (b"MZ\0\0", "no text"),
    "utf16.csv": ("user_id,type\n".encode("utf-16"), "UTF-16"),
    "gbk.csv": ("用户,type\n".encode("gb18030"), "not UTF-8"),
    "words.txt": (b"hello world", "no known format"),
    "false.parquet": (b"user_id,type", "named Parquet"),
    "torn.parquet": (b"PAR1" + b"x" * 20, "no whole Parquet"),
    "headless.csv": (b"1,2268318,2520377,pv,1511544070\n", "no column user_id, type, time"),
    "double.csv": (b"user_id,type,time,type\n", "more than once"),
    "torn.jsonl.gz": (gzip.compress(as_jsonl(LINES).encode())[:-12], "gzip|breaks off"),
    "empty.csv": (b"", "is empty"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_an_error_with_a_cure(events, name):
    content, fact = UNREADABLE[name]
    with pytest.raises(InputError, match=fact):
        events(name, content)


def test_nothing_is_written_when_one_of_the_files_is_not_there(store, tmp_path):
    (tmp_path / "a.jsonl").write_text(as_jsonl(LINES))
    with pytest.raises(InputError, match="cannot be read"):
        import_events(store, [tmp_path / "a.jsonl", tmp_path / "no.jsonl"], rejects=tmp_path / "r")
    assert store.position() == 0


def test_a_file_that_breaks_off_keeps_what_came_before(store, events, tmp_path):
    lines = [{**LINES[0], "time": n, "session_id": f"{n * 7919 % 1000003:x}"} for n in range(40_000)]
    packed = gzip.compress(("{broken\n" + as_jsonl(lines)).encode())
    with pytest.raises(InputError, match="breaks off after line"):
        events("a.jsonl.gz", packed[: len(packed) * 3 // 4])
    assert 0 < store.totals().events < 40_000 and (tmp_path / "rejects.jsonl").exists()
    events("a.jsonl.gz", packed)
    assert store.totals().events == 40_000


def test_a_format_nobody_knows(events):
    with pytest.raises(UnknownNameError, match=r"No format named 'xml'.*jsonl"):
        events("a.xml", "<a/>", format="xml")


def test_a_format_can_be_named(events):
    assert events("a.txt", HEADER + ROW, format="csv").written == 1


def test_no_file_named(store, tmp_path):
    with pytest.raises(InputError, match="zhanggui import events FILE"):
        import_events(store, [], rejects=tmp_path / "r")


def test_products_from_csv(store, tmp_path):
    (tmp_path / "p.csv").write_text(
        'item_id,category,attributes,images\n1,食品 > 茶,"{""size"": ""50 g""}",a.jpg|b.jpg\n'
    )
    report = import_products(store, [tmp_path / "p.csv"], rejects=tmp_path / "r")
    product = store.products(["1"])["1"]
    assert report.written == 1 and product.category == ("食品", "茶") and product.images == ("a.jpg", "b.jpg")
    assert product.attributes == {"size": ("50 g",)}

"""Every bad file and every wrong word through the real command line: an exit code, at most one line, the cure in it."""

import gzip
import io
import json
import os
import socket
import tempfile
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

HEADER = "user_id,type,time,item_id\n"
ROW = "ann,view,2017-10-16,tea\n"
GOOD = HEADER + ROW
CATALOGUE = "item_id,title,price\n"


@pytest.fixture
def imported(run, home, tmp_path):
    """Write a file, import it, and return the exit code, what was said, the counts and the lines set aside."""

    def call(content, *options, kind="events", name="a.csv"):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        code, _, err = run("import", kind, tmp_path / name, "--json", tmp_path / "counts.json", *options)
        if code == 2:
            return code, err, {}, []
        counts = json.loads((tmp_path / "counts.json").read_bytes())
        place = counts["rejects"]
        assert counts["lines"] == counts["written"] + counts["repeated"] + counts["set aside"]
        return code, err, counts, lines_of(Path(place)) if place else []

    return call


def lines_of(place):
    return [json.loads(line) for line in place.read_text("utf-8").splitlines()]


def workbook():
    with zipfile.ZipFile(content := io.BytesIO(), "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    return content.getvalue()


def table():
    frame = pl.DataFrame({"user_id": ["ann"], "type": ["view"], "time": [5], "item_id": ["tea"]})
    frame.write_parquet(content := io.BytesIO())
    return content.getvalue()


MANY = "".join(f"u{n * 7919 % 10007},view,{n},i{n * 104729 % 997}\n" for n in range(40_000))
TITLES = "item_id,title\n" + "".join(f"{n},西湖龙井明前绿茶 {n}\n" for n in range(20))
FILE_FAULTS = {
    "empty": (b"", "is empty"),
    "empty gz": (gzip.compress(b""), "is empty"),
    "only a mark": (b"\xef\xbb\xbf", "is empty"),
    "other columns": ("uid,what\nann,view\n", "no column user_id, type, time"),
    "no header": (ROW, "no column user_id"),
    "blank header": ("\n" + GOOD, "no header in its first line"),
    "column twice": ("user_id,type,time,item_id,type\n", "type more than once"),
    "UTF-16": (GOOD.encode("utf-16"), "is UTF-16. Save it as UTF-8: iconv"),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), "UTF-16 without a mark. Convert it: iconv -f utf-16-le"),
    "GB18030": (TITLES.encode("gb18030"), "may be gb18030). Convert it: iconv -f gb18030"),
    "Latin-1": (b"item_id,title\n" + b"1,\xe9\n" * 9, "not UTF-8"),
    "header in GB18030": ("用户,type\n".encode("gb18030"), "The header of"),
    "workbook": (workbook(), "an Excel workbook"),
    "old workbook": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "an Excel workbook"),
    "binary": (bytes(range(5)) * 100 + b"\0" * 400, "is no text"),
    "gzip of gzip": (gzip.compress(gzip.compress(GOOD.encode())), "gzipped twice"),
    "half a gzip": (gzip.compress((HEADER + MANY).encode())[:-9], "breaks off after line"),
    "half a header of gzip": (gzip.compress(GOOD.encode())[:8], "no whole gzip file"),
    "no gzip": (b"\x1f\x8bhello", "no whole gzip file"),
    "half a Parquet": (table()[:-30], "no whole Parquet"),
    "a line of 17 MB": (HEADER + "x" * 17_000_000, "line 2 is longer than 16,000,000 bytes"),
    "an array": ("[" + json.dumps({"user_id": "ann"}) + "]", "jq -c"),
}


@pytest.mark.parametrize("case", FILE_FAULTS)
def test_a_file_that_cannot_be_read_is_one_line_and_2(imported, case):
    content, said = FILE_FAULTS[case]
    code, err, _, _ = imported(content, name="a" if case == "an array" else "a.csv")
    assert code == 2 and err.startswith("error (input): ") and err.count("\n") == 1
    assert said in err and "a" in err and len(err) < 900


@pytest.mark.parametrize("case", ["workbook", "binary", "UTF-16"])
@pytest.mark.parametrize("format", ["csv", "jsonl", "taobao-userbehavior"])
def test_a_format_that_is_named_looks_as_well(imported, case, format):
    code, err, _, _ = imported(FILE_FAULTS[case][0], "--format", format)
    assert code == 2 and FILE_FAULTS[case][1] in err and err.count("\n") == 1


@pytest.mark.parametrize("format", ["auto", "parquet"])
def test_parquet_by_another_name_is_read(imported, format):
    assert imported(table(), "--format", format)[2]["written"] == 1


def test_parquet_read_as_csv_is_refused(imported):
    code, err, _, _ = imported(table(), "--format", "csv")
    assert code == 2 and "--format parquet" in err
    code, err, _, _ = imported(GOOD, "--format", "parquet")
    assert code == 2 and err.count("\n") == 1 and "no whole Parquet" in err


def test_only_a_header_is_no_error_but_said(imported):
    code, err, counts, _ = imported(HEADER)
    assert (code, counts["lines"]) == (0, 0) and "no record" in err


LINE_FAULTS = {
    "NUL": ("ann,view,2017-10-16,te\0a\n", "NUL"),
    "no such day": ("ann,view,2017-02-30,tea\n", "2017-02-30"),
    "year 0": ("ann,view,0000-01-01,tea\n", "0000-01-01"),
    "before year 1": ("ann,view,-99999999999,tea\n", "years 1 to 9999"),
    "year 10000": ("ann,view,253402300800000,tea\n", "years 1 to 9999"),
    "NaN": ("ann,view,nan,tea\n", "nan"),
    "a long id": (f"{'x' * 600},view,5,tea\n", "at most 256"),
    "5 MB": (f"ann,view,5,{'x' * 5_000_000}\n", "at most 1,000,000"),
    "5 MB of a type": (f"ann,{'x' * 5_000_000},5,tea\n", "must be one of"),
    "no item": ("ann,view,5,\n", "item_id is missing"),
    "Latin-1": (b"ann,view,5,caf\xe9\n", "Not UTF-8"),
    "a lone quote": ('ann,view,5,"tea\n', "not closed"),
}


@pytest.mark.parametrize("case", LINE_FAULTS)
def test_a_line_that_cannot_be_read_is_set_aside(imported, case):
    row, reason = LINE_FAULTS[case]
    row = row if isinstance(row, bytes) else row.encode()
    content = HEADER.encode() + ROW.encode() * 3 + row + ROW.encode().rstrip()
    code, err, counts, rejects = imported(content)
    assert (code, counts["written"], counts["set aside"], rejects[0]["line"]) == (0, 4, 1, 5)
    assert reason in rejects[0]["reason"] and len(rejects[0]["reason"]) < 400 and counts["rejects"] in err
    assert imported(content, "--strict")[0] == 1


@pytest.mark.parametrize("price", ["NaN", "inf", "-1", "1e13", "-0.01", "cheap", "1" * 400])
def test_a_price_that_is_none_is_set_aside(imported, price):
    code, _, counts, rejects = imported(f"{CATALOGUE}1,tea,{price}\n2,mug,0\n3,cup,1e12\n4,pot,\n", kind="products")
    assert (code, counts["written"], counts["set aside"]) == (0, 3, 1) and rejects[0]["reason"].startswith("price ")


@pytest.mark.parametrize(
    "moment", ["0", "1970-01-01", "2100-01-01", "4102444800", "9999-12-31T23:59:59.999", "0001-01-01"]
)
def test_times_that_a_calendar_can_write_are_kept_and_checked(imported, run, moment):
    assert imported(HEADER + f"ann,view,{moment},tea\n")[2]["written"] == 1
    code, out, _ = run("check")
    assert code in (0, 1) and "times" in out


def test_ids_given_twice_are_one(imported):
    assert imported(CATALOGUE + "1,tea,5\n1,tea,5\n1,other,6\n", kind="products")[2]["lines"] == 3
    text = "event_id," + HEADER + f"e1,{ROW}e1,{ROW}e2,{ROW}"
    assert imported(text)[2]["written"] == 2


WORDS = ["😀🧋", "שלום עולם", "مرحبا", "\u202eesrever", "e\u0301", "👨‍👩‍👧‍👦", "a\u200bb", "ｆｕｌｌ"]


@pytest.mark.parametrize("word", WORDS)
def test_words_of_every_script_come_back_as_they_are(imported, run, tmp_path, word):
    line = json.dumps({"item_id": word, "title": word, "brand": word}, ensure_ascii=False)
    assert imported(line, kind="products", name="a.jsonl")[2]["written"] == 1
    assert run("search", word, "--json", tmp_path / "page.json")[0] == 0


def bomb(tmp_path, unit, times):
    with gzip.open(tmp_path / "bomb.gz", "wb", compresslevel=9) as stream:
        for _ in range(times):
            stream.write(unit)
    return tmp_path / "bomb.gz"


def test_a_bomb_without_a_line_ends_at_once(run, tmp_path):
    code, _, err = run("import", "events", bomb(tmp_path, b"x" * 10_000_000, 20), "--format", "jsonl")
    assert code == 2 and "longer than 16,000,000" in err


@pytest.mark.slow
def test_a_bomb_of_lines_ends_soon(run, tmp_path):
    path = bomb(tmp_path, GOOD.encode() + b"\n" * 10_000_000, 30)
    began = time.monotonic()
    code, _, err = run("import", "events", path, "--format", "csv")
    assert code == 2 and "more than 400 times" in err and time.monotonic() - began < 60


def test_what_is_no_file(run, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as held:
        held.bind(str(tmp_path / "socket"))
        named = {
            "/dev/zero": "a device",
            tmp_path / "pipe": "a pipe",
            tmp_path / "socket": "a socket",
            tmp_path: "a folder",
        }
        named |= {tmp_path / "none.csv": "cannot be read: No such file", "x" * 300: "cannot be read"}
        for path, said in named.items():
            code, _, err = run("import", "events", path)
            assert code == 2 and said in err and err.count("\n") == 1


@contextmanager
def without_rights():
    """Be nobody for a while, where the tests run as root; the real user, too: `access(2)` asks for that one."""
    root = os.geteuid() == 0
    if root:
        os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        if root:
            os.setresuid(0, 0, 0)


@pytest.mark.parametrize(
    "command",
    [
        ("import", "events", "FILE"),
        ("import", "events", "--format", "generic", "--map-file", "FILE", "FILE"),
        ("evaluate", "search", "--queries", "FILE", "--qrels", "FILE"),
        ("train", "fusion", "--queries", "FILE", "--qrels", "FILE"),
        ("restore", "FILE"),
    ],
    ids=" ".join,
)
def test_a_file_without_permission(run, home, command):
    assert run("check")[0] == 1  # makes the home before the account loses its rights
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.csv"
        file.write_text(GOOD)
        file.chmod(0)
        Path(folder).chmod(0o755)
        with without_rights():
            code, _, err = run(*(str(file) if word == "FILE" else word for word in command))
    assert code == 2 and "Permission denied" in err and err.count("\n") == 1, err

"""Wrong words, wrong settings, faults of ours and interruptions: an exit code and one line."""

import json
import signal
import subprocess
import sys
import time

import pytest

GOOD = "user_id,type,time,item_id\nann,view,2017-10-16,tea\n"
MANY = GOOD + "".join(f"u{n * 7919 % 10007},view,{n},i{n * 104729 % 997}\n" for n in range(40_000))

WRONG_WORDS = [
    (("bogus",), "No such command 'bogus'. Known: "),
    (("import", "bogus"), "Known: products, events"),
    (("check", "--bogus"), "No such option: --bogus"),
    (("import", "events"), "zhanggui import events FILE"),
    (("import", "events", "a", "--format", "xml"), "Known: amazon-reviews"),
    (("import", "events", "a", "--map", "x"), "FIELD=COLUMN"),
    (("serve", "--port", "many"), "--port"),
    (("--home", __file__, "check"), "Set another --home"),
    (("--home", __file__, "import", "events", "a"), "Set another --home"),
    (("search",), "Missing argument"),
]


@pytest.mark.parametrize(("words", "said"), WRONG_WORDS)
def test_wrong_words_are_one_line_and_2(run, words, said):
    code, _, err = run(*words)
    assert code == 2 and said in err and err.count("\n") == 1


def test_a_group_alone_shows_its_help(run):
    code, _, err = run("import")
    assert code == 2 and "products" in err


def test_a_setting_that_is_no_number(run, monkeypatch):
    monkeypatch.setenv("ZHANGGUI_PORT", "abc")
    code, _, err = run("check")
    assert (code, err) == (2, "error (config): ZHANGGUI_PORT must be an int. Got 'abc'.\n")


def test_a_fault_of_ours_is_one_line_its_traceback_in_a_file(run, home, monkeypatch):
    monkeypatch.setattr("zhanggui.app.cli.imports.check", lambda _: 1 // 0)
    run("settings")
    home.mkdir()
    code, _, err = run("check")
    assert code == 70 and err.count("\n") == 1 and "ZeroDivisionError" in err
    (log,) = (home / "logs").iterdir()
    assert log.stem in err and "Traceback" in log.read_text() and "zhanggui check" in log.read_text()


def zhanggui(*words, **options):
    """Start the command in a process of its own."""
    command = [sys.executable, "-m", "zhanggui", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.slow
def test_a_file_that_may_not_grow_is_one_line(home, tmp_path):
    (tmp_path / "a.csv").write_text(MANY)
    process = zhanggui("import", "events", tmp_path / "a.csv", preexec_fn=_small_files)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2 and "Traceback" not in err and err.count("\n") == 1, err


def _small_files():
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))


@pytest.mark.slow
def test_what_a_command_writes_is_read_from_standard_input(home, tmp_path):
    process = zhanggui("import", "events", "-", "--json", tmp_path / "counts.json", stdin=subprocess.PIPE)
    process.communicate(GOOD, timeout=60)
    assert process.returncode == 0 and json.loads((tmp_path / "counts.json").read_bytes())["written"] == 1


@pytest.mark.slow
def test_stopped_in_the_middle_keeps_what_was_committed(home, tmp_path, run):
    (tmp_path / "a.csv").write_text(MANY + MANY.partition("\n")[2] * 39)
    process = zhanggui("import", "events", tmp_path / "a.csv")
    log, deadline = home / "shop.db-wal", time.monotonic() + 60
    while not (log.exists() and log.stat().st_size > 2_000_000) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and err.startswith("Stopped.") and err.count("\n") == 1
    code, out, _ = run("check")
    assert code in (0, 1) and "content" in out


@pytest.mark.slow
def test_nobody_reading_the_answer_is_no_error(home):
    process = zhanggui("settings", bufsize=0)
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 141 and err == ""

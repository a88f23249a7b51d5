"""What deploy/ names exists: commands, settings, files; and systemd understands the units."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from zhanggui.app.cli.main import app
from zhanggui.app.settings import SETTINGS

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
FILES = sorted(DEPLOY.iterdir())
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
CONTAINER = (DEPLOY / "Containerfile").read_text("utf-8")


def check_command(words):
    """Parse a command line as the program would, without running it."""
    root = get_command(app)
    with root.make_context("zhanggui", list(words), resilient_parsing=False) as context:
        name, command, rest = root.resolve_command(context, [*context._protected_args, *context.args])
        command.make_context(name, list(rest), parent=context)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_every_setting_named_is_one(file):
    named = set(re.findall(r"ZHANGGUI_[A-Z_]+", file.read_text("utf-8")))
    assert named <= {setting.variable for setting in SETTINGS}


@pytest.mark.parametrize("unit", [u for u in UNITS if u.suffix == ".service"], ids=lambda u: u.name)
def test_units_start_commands_that_exist(unit):
    started = re.findall(r"/opt/zhanggui/bin/zhanggui ([^'\n]+)", unit.read_text("utf-8"))
    assert started
    for words in started:
        check_command(shlex.split(words))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not on this machine")
@pytest.mark.parametrize("unit", UNITS, ids=lambda u: u.name)
def test_systemd_understands_the_units(unit, tmp_path):
    program = Path(sys.executable).with_name("zhanggui")
    for each in UNITS:
        text = each.read_text("utf-8").replace("/opt/zhanggui/bin/zhanggui", str(program))
        (tmp_path / each.name).write_text(text, "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
        check=False,
    )
    mine = [line for line in done.stderr.splitlines() if "zhanggui" in line]
    assert (done.returncode, mine) == (0, [])


def test_the_container_copies_what_is_there():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINER, re.M)
    names = [name for line in copied for name in line.split()]
    assert "pyproject.toml" in names
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_the_container_starts_a_command_that_exists():
    (entry,), (command,) = (re.findall(rf"^{word} (.+)$", CONTAINER, re.M) for word in ("ENTRYPOINT", "CMD"))
    assert json.loads(entry) == ["zhanggui"]
    check_command(json.loads(command))


def test_the_container_has_a_python_that_suffices_and_extras_that_exist():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    versions = {tuple(map(int, v.split("."))) for v in re.findall(r"^FROM python:(\d+\.\d+)", CONTAINER, re.M)}
    least = tuple(map(int, project["requires-python"].removeprefix(">=").split(".")))
    assert versions
    assert all(version >= least for version in versions)
    (extras,) = re.findall(r"'\.\[([a-z,]+)\]'", CONTAINER)
    assert set(extras.split(",")) <= set(project["optional-dependencies"])


def test_the_composition_is_whole():
    document = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    volumes = {v.split(":")[0] for service in document["services"].values() for v in service["volumes"]}
    assert volumes == set(document["volumes"])
    assert set(document["services"]["shop"]["depends_on"]) <= set(document["services"])
    assert (DEPLOY / document["services"]["shop"]["build"]["dockerfile"].removeprefix("deploy/")).exists()

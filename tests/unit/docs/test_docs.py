"""The docs say what is so."""

import re
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from zhanggui.app.cli.main import app
from zhanggui.app.settings import SETTINGS

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
READMES = ("README.md", "README.zh-CN.md")


def commands() -> list[str]:
    root = get_command(app)
    assert isinstance(root, typer.core.TyperGroup)
    groups = {name: getattr(command, "commands", {}) for name, command in root.commands.items()}
    return [f"{name} {sub}" for name, subs in groups.items() for sub in subs] + [
        n for n, subs in groups.items() if not subs
    ]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: s.name)
def test_every_setting_is_documented(setting):
    page = (ROOT / "docs/reference/settings.md").read_text("utf-8")
    assert f"## {setting.variable}\n\n{setting.help}." in page


@pytest.mark.parametrize("command", commands())
def test_every_command_is_documented(command):
    headings = re.findall(r"^## (.*)$", (ROOT / "docs/reference/commands.md").read_text("utf-8"), re.M)
    assert any(command in heading for heading in headings), headings


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text("utf-8"))
    lost = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert lost == []


@pytest.mark.parametrize("name", READMES)
def test_readme_commands_exist(name):
    text = (ROOT / name).read_text("utf-8")
    made = set(re.findall(r"^make ([a-z-]+)", text, re.M))
    rules = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    assert made and made <= rules
    said = re.findall(r"^zhanggui ((?:import|evaluate) \w+|\w+)", text, re.M)
    assert said and set(said) <= set(commands())


def test_both_readmes_have_the_same_parts():
    parts = [re.findall(r"^(#+) ", (ROOT / name).read_text("utf-8"), re.M) for name in READMES]
    assert parts[0] == parts[1]

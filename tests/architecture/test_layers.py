"""Imports go down the layers only, no two modules of one layer import each other, and files stay short."""

import ast
from pathlib import Path

import pytest

LAYERS = [
    {"core"},
    {"data", "evaluation"},
    {"encoders", "retrieval"},
    {"state", "features"},
    {"models", "trust"},
    {"training", "engine"},
    {"ads", "assistant", "opinions"},
    {"app"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "zhanggui"
FILES = sorted(PACKAGE.rglob("*.py"))
ALL_FILES = FILES + sorted((ROOT / "tests").rglob("*.py")) + sorted((ROOT / "benchmarks").rglob("*.py"))
TORCH = {"torch", "transformers", "peft"}


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    froms = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module and not n.level}
    relative = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level]
    assert not relative, f"{path}: relative imports hide the layer"
    return froms | {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}


def unit_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_go_down(path):
    unit = unit_of(path)
    if unit not in LEVEL:
        assert path.parent == PACKAGE, f"{unit} is not a layer of the design"
        return
    units = {m.split(".")[1] for m in imported(path) if m.startswith("zhanggui.")}
    upward = {u for u in units - {unit} if LEVEL[u] >= LEVEL[unit]}
    assert not upward, f"{unit} may not import {', '.join(sorted(upward))}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_only_training_imports_torch(path):
    roots = {module.split(".")[0] for module in imported(path)}
    assert unit_of(path) == "training" or not roots & TORCH


@pytest.mark.parametrize("path", ALL_FILES, ids=name_of)
def test_file_fits_in_300_lines(path):
    assert len(path.read_text("utf-8").splitlines()) <= 300


def test_a_planted_upward_import_is_seen(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text("from zhanggui.app.settings import SETTINGS\nimport torch.nn\n")
    assert imported(wrong) == {"zhanggui.app.settings", "torch.nn"}

"""A folder that stands where a file of ours belongs: put aside, never deleted, for it is not ours."""

import logging
from itertools import count
from pathlib import Path

LOG = logging.getLogger(__name__)


def make_way(path: Path) -> None:
    """Rename a folder at `path` to the first free of `path.aside-1`, `path.aside-2` … and say so; else do nothing.

    Raises OSError where it cannot be renamed.
    """
    if path.is_symlink() or not path.is_dir():
        return
    names = (path.with_name(f"{path.name}.aside-{number}") for number in count(1))
    place = next(name for name in names if not name.exists())
    path.rename(place)
    LOG.warning("a folder stood where a file of the shop belongs: %s is now %s", path, place)

"""A whole shop in one file: written while it serves, proven before anything of it is put in place.

A plain tar: `store/TABLE.jsonl.gz` for each table, `releases/CURRENT` and the Release in use, `vectors/*.vec` and
`*.tok`, then `manifest.json` with size and SHA-256 of every member, then `manifest.sha256`. Projections are left out:
they are rebuilt from the Store.
"""

from zhanggui.data.archive.backing import write_backup
from zhanggui.data.archive.manifest import Manifest
from zhanggui.data.archive.restoring import restore

__all__ = ["Manifest", "restore", "write_backup"]

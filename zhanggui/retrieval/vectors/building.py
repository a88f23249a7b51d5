"""Make a graph of the vectors as they are at one moment: a new one, or a larger one of the one in use."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zhanggui.core.interactions import Floats, Ints, Longs
from zhanggui.retrieval.vectors import graph_file
from zhanggui.retrieval.vectors.graph import Graph, grow, growable, new_index
from zhanggui.retrieval.vectors.graph_rows import GraphRows
from zhanggui.retrieval.vectors.rows import VectorRows

LOG = logging.getLogger(__name__)

_PIECE = 8192


@dataclass(frozen=True, slots=True)
class Policy:
    """When a graph is made. Measured by `benchmarks/vector_index.py`.

    Beyond `exact` distinct vectors a scan takes longer than 5 ms. A delta of `late` vectors (or `late_share` of the
    graph's) adds about a millisecond to a query; a graph of which `dead_share` is gone takes that much more memory.
    One of more than `large` vectors takes more links, and twice the work: with few, one in twenty would not be found.
    Vectors come in bursts: a graph is begun when none came for `calm` seconds, `patience` seconds later at the latest.
    Half of the processors make it: the shop goes on serving.
    """

    exact: int = 100_000
    late: int = 10_000
    late_share: float = 0.02
    dead_share: float = 0.25
    large: int = 300_000
    calm: float = 2.0
    patience: float = 30.0
    threads: int = max(1, (os.cpu_count() or 1) // 2)


def due(rows: VectorRows, policy: Policy) -> bool:
    """Tell whether more vectors are scanned than should be."""
    places = int(rows.slot.max(initial=-1)) + 1
    if not isinstance(rows, GraphRows):
        return places > policy.exact
    late = max(policy.late, policy.late_share * len(rows.graph))
    return places - len(rows.graph) > late or int(np.count_nonzero(rows.fresh)) > 4 * late


def worn(rows: VectorRows, policy: Policy) -> bool:
    """Tell whether too much of a graph is gone, or it has become too large for its few links."""
    if not isinstance(rows, GraphRows):
        return False
    outgrown = int(rows.slot.max(initial=-1)) >= policy.large and not rows.graph.dense
    return outgrown or rows.dead() > max(policy.late, policy.dead_share * len(rows.graph))


def made_anew(
    rows: VectorRows, texts: Longs, folder: Path, *, encoder: str, policy: Policy, stopped: Callable[[], bool]
) -> GraphRows:
    """Return the same rows over a graph that holds all their vectors. Raises graph.Interrupted."""
    if isinstance(rows, GraphRows) and not worn(rows, policy):
        slot, index, pieces, said = _larger(rows, texts)
    else:
        slot, first = _renumbered(rows.slot)
        index, pieces, said = new_index(rows.dim, dense=len(first) > policy.large), _pieces(rows, first), texts[first]
    grow(index, pieces, threads=policy.threads, stopped=stopped)
    try:
        graph = graph_file.save(folder, index, said, encoder=encoder)
    except graph_file.FAULTS as fault:
        LOG.warning("Cannot keep the graph of vectors in %s: %s. It is used from memory.", folder, fault)
        graph = Graph.over(index, said)
    return GraphRows.over(graph, slot)


def moved(made: GraphRows, current: VectorRows, changed: Longs) -> GraphRows:
    """Return what was made with the vectors that rows got meanwhile."""
    held = changed[changed < len(current.slot)]
    held = held[current.slot[held] >= 0]
    for at in range(0, len(held), _PIECE):
        made = made.put(held[at : at + _PIECE], current.get(held[at : at + _PIECE]))
    return made


def _larger(rows: GraphRows, texts: Longs) -> tuple[Ints, object, Iterable[Floats], Longs]:
    late = max(0, int(rows.slot.max(initial=-1)) + 1 - len(rows.graph))
    said = np.concatenate((rows.graph.texts, np.zeros(late, np.int64)))
    held = np.flatnonzero(rows.slot >= 0)
    said[rows.slot[held]] = texts[held]
    return rows.slot, growable(rows.graph), rows.delta.slices(late), said


def _renumbered(slot: Ints) -> tuple[Ints, Longs]:
    """Return places without gaps, and for each place the first row that holds it."""
    held = np.flatnonzero(slot >= 0)
    _, first, place = np.unique(slot[held], return_index=True, return_inverse=True)
    dense = np.full(len(slot), -1, np.int32)
    dense[held] = place
    return dense, held[first]


def _pieces(rows: VectorRows, held: Longs) -> Iterator[Floats]:
    for at in range(0, len(held), _PIECE):
        yield rows.get(held[at : at + _PIECE])

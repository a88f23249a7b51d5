"""A published data set: several files, each holding products or events in a form of its own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from zhanggui.core.errors import InputError
from zhanggui.data.importing.batch import Batch
from zhanggui.data.importing.kinds import Kind
from zhanggui.data.importing.source import Source


@dataclass(frozen=True, slots=True)
class Part:
    """The files of a set whose names are like this (small letters, without `.gz`), and how they are read."""

    kind: Kind
    like: str
    read: Callable[[Source], Iterator[Batch]]

    def fits(self, path: Path) -> bool:
        return fnmatch(path.name.lower().removesuffix(".gz"), self.like)


@dataclass(frozen=True, slots=True)
class PublicSet:
    """A format made of parts: a file is of the first part that fits, a folder is read in the order of the parts."""

    name: str
    parts: tuple[Part, ...]

    def sources(self, paths: Sequence[Path], kind: Kind) -> list[Source]:
        if not paths:
            raise InputError(
                f"No file is named. Say which, or their folder: zhanggui import {kind.name} --format {self.name} FILE…"
            )
        return [Source.at(file) for path in paths for file in self._files(path, kind)]

    def read(self, source: Source, kind: Kind) -> Iterator[Batch]:
        return self._part(source.path, kind).read(source)

    def _files(self, path: Path, kind: Kind) -> list[Path]:
        if not path.is_dir():
            self._refuse_other(path, kind)
            return [path]
        parts = {
            file: self._part(file, kind) for file in sorted(path.iterdir()) if file.is_file() and self._knows(file)
        }
        found = [file for file, part in parts.items() if part.kind is kind]
        if not found:
            raise InputError(f"{path} has no file of {kind.name}. Looked for: {self._names(kind)}, also with .gz.")
        return sorted(found, key=lambda file: self.parts.index(parts[file]))

    def _knows(self, file: Path) -> bool:
        return any(part.fits(file) for part in self.parts)

    def _part(self, path: Path, kind: Kind) -> Part:
        """Return the first part that fits; where one file holds both kinds, that of the kind asked for."""
        fitting = [part for part in self.parts if part.fits(path)]
        if not fitting:
            names = ", ".join(dict.fromkeys(part.like for part in self.parts))
            raise InputError(
                f"{path} is no file of {self.name}. Its files: {names}, also with .gz. Name it like these."
            )
        same = [part for part in fitting if part.like == fitting[0].like]
        return next((part for part in same if part.kind is kind), fitting[0])

    def _refuse_other(self, path: Path, kind: Kind) -> None:
        part = self._part(path, kind)
        if part.kind is not kind:
            raise InputError(
                f"{path} holds {part.kind.name} of {self.name}; {kind.name} are in {self._names(kind) or 'no file'}. "
                f"Run: zhanggui import {part.kind.name} --format {self.name} {path}"
            )

    def _names(self, kind: Kind) -> str:
        return ", ".join(part.like for part in self.parts if part.kind is kind)

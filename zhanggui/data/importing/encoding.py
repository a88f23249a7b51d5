"""Tell text from what is none, before a line of it is read: by the first bytes, and by what most lines hold."""

import codecs

from zhanggui.core.errors import InputError
from zhanggui.data.importing.source import BOM, GZIP, Source

SAMPLE = 65_536
FEWEST = 3
"""So many lines in another encoding, and half of all, make it the file's; fewer are set aside one by one."""

_MAGIC = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook. Unpack it (unzip FILE), or save the sheet as CSV in UTF-8",
    b"\xd0\xcf\x11\xe0": "an Excel workbook. Save the sheet as CSV in UTF-8",
    GZIP: "gzipped twice. Unpack it once: gunzip FILE",
    b"PAR1": "Parquet. Import it with --format parquet, or without --format",
    b"%PDF": "a PDF. Export the table as CSV in UTF-8",
    b"SQLite format 3": "an SQLite database. Export the table as CSV in UTF-8",
    b"BZh": "packed by bzip2. Unpack it: bunzip2 FILE",
    b"\xfd7zXZ": "packed by xz. Unpack it: unxz FILE",
    b"\x28\xb5\x2f\xfd": "packed by zstd. Unpack it: unzstd FILE",
    codecs.BOM_UTF16_LE: "UTF-16. Save it as UTF-8: iconv -f utf-16 -t utf-8 FILE > NEW",
    codecs.BOM_UTF16_BE: "UTF-16. Save it as UTF-8: iconv -f utf-16 -t utf-8 FILE > NEW",
}
_ICONV = "Convert it: iconv -f {} -t utf-8 FILE > NEW."


def refuse_no_text(source: Source, *, header: bool = False, any_encoding: bool = False) -> bytes:
    """Return the start of a text file. Raises InputError, with what it is, when it holds no text in UTF-8.

    A few wrong lines are no reason, they are set aside when they are read; but one that is the header is.
    """
    head = source.head(SAMPLE)
    for magic, words in _MAGIC.items():
        if head.startswith(magic):
            raise InputError(f"{source.path} is {words}.")
    if not head.removeprefix(BOM):
        raise InputError(f"{source.path} is empty: not even a header is in it. Write it again.")
    if head.count(b"\0") * 5 > len(head):
        _refuse_sixteen_bits(source, head)
    if not any_encoding:
        _refuse_other_encoding(source, head, header=header)
    return head


def _refuse_sixteen_bits(source: Source, head: bytes) -> None:
    for name in ("utf-16-le", "utf-16-be"):
        words = head[: len(head) // 2 * 2].decode(name, "replace")
        if "\n" in words and "\0" not in words:
            raise InputError(f"{source.path} is UTF-16 without a mark. {_ICONV.format(name)}")
    raise InputError(f"{source.path} is no text. Allowed: JSONL, CSV, TSV, Parquet; also packed by gzip.")


def _refuse_other_encoding(source: Source, head: bytes, *, header: bool) -> None:
    lines = head.split(b"\n")
    whole = lines[:-1] if len(head) == SAMPLE else lines  # the last one may be cut within a letter
    wrong = [line for line in whole if not _decodes(line, "utf-8")]
    header = header and not _decodes(lines[0], "utf-8")
    if header or (len(wrong) >= FEWEST and 2 * len(wrong) > len([line for line in whole if line])):
        name = "gb18030" if all(_decodes(line, "gb18030") for line in wrong) else "latin1"
        what = "The header of " if header else ""
        raise InputError(f"{what}{source.path} is not UTF-8 (it may be {name}). {_ICONV.format(name)}")


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True

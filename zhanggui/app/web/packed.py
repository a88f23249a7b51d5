"""Bodies sent with Content-Encoding: gzip, unpacked within bounds."""

import zlib

from zhanggui.app.web.errors import ApiError, bad_request

_GZIP = 16 + zlib.MAX_WBITS
MEMBERS = 100
"""Files of gzip put one behind another; each costs a copy of the rest."""


def is_packed(encoding: str) -> bool:
    """Tell whether a Content-Encoding means gzip; what we do not know is refused (415).

    >>> is_packed("gzip"), is_packed(" Identity"), is_packed("")
    (True, False, False)
    """
    name = encoding.strip().lower()
    if name not in ("", "identity", "gzip", "x-gzip"):
        raise ApiError(415, "encoding", f"The body's encoding is {encoding[:40]!r}.", cure="Allowed: gzip, or none.")
    return name in ("gzip", "x-gzip")


def unpacked(content: bytes, limit: int) -> bytes:
    """Unpack gzip of one or several members; never holds more than `limit` bytes (413) of what a small body unfolds to.

    >>> import gzip
    >>> unpacked(gzip.compress(b"[") + gzip.compress(b"]"), 2)
    b'[]'
    """
    result = bytearray()
    for _ in range(MEMBERS):
        if not content:
            return bytes(result)
        member = zlib.decompressobj(_GZIP)
        try:
            result += member.decompress(content, limit + 1 - len(result))
        except zlib.error as error:
            raise _torn(str(error)) from None
        if len(result) > limit:
            raise too_large(limit)
        if not member.eof:
            raise _torn("it ends too early")
        content = member.unused_data
    if content:
        raise _torn(f"it has more than {MEMBERS} members")
    return bytes(result)


def too_large(limit: int) -> ApiError:
    """Return the error for a body of more than `limit` bytes, as it came or unpacked."""
    return ApiError(413, "body_too_large", "The body is too large.", cure=f"Send at most {limit} bytes at a time.")


def _torn(why: str) -> ApiError:
    return bad_request(f"The body is not gzip: {why}.", cure="Pack it anew, or send it without Content-Encoding.")

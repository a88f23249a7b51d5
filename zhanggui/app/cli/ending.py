"""How a command ends: an exit code, and on standard error at most one line. No traceback reaches a person.

0 done · 1 done, but a check failed or (strict) lines were set aside · 2 an error with its cure · 70 a fault of ours,
its traceback kept in a file · 130 stopped by Ctrl-C · 141 nobody reads the answer any more.
"""

import errno
import os
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import token_hex
from tempfile import gettempdir
from typing import cast

import typer

from zhanggui.app.cli.screen import SCREEN
from zhanggui.core.errors import ZhangguiError

WRONG, OURS, STOPPED, UNREAD = 2, 70, 130, 141
UsageError = cast(type[Exception], typer.BadParameter.__mro__[1])
"""Whatever is wrong with the words of a command; Typer shows it under no name of its own."""

_CURES = {
    errno.ENOSPC: "The disk is full: free some space, then run it again; repeats are safe.",
    errno.EDQUOT: "The quota of this account is used up: free some space, then run it again; repeats are safe.",
    errno.EFBIG: "The file may not grow further: raise the limit (ulimit -f), then run it again; repeats are safe.",
    errno.EROFS: "The file system is read-only: name another home with --home, or mount it to be written.",
    errno.EACCES: "Give this account the right to it, or name another home with --home.",
    errno.EPERM: "Give this account the right to it, or name another home with --home.",
    errno.EMFILE: "Too many files are open: raise the limit (ulimit -n), then run it again.",
    errno.ENOMEM: "There is too little memory: free some, then run it again.",
}


def ended(work: Callable[[], object], words: Sequence[str]) -> int:
    """Run a command made of these words and return its exit code."""
    try:
        code = work()
    except UsageError as error:
        return _usage(error)
    except ZhangguiError as error:
        return _told(error.code, str(error))
    except (KeyboardInterrupt, typer.Abort):
        return _stopped()
    except BrokenPipeError:
        return _unread()
    except SystemExit as end:  # Typer's answer to a reader that went away
        return _unread() if isinstance(end.__context__, BrokenPipeError) else _code(end.code)
    except Exception as error:  # noqa: BLE001 (the last one who can keep a traceback from a person)
        return _system(error) if isinstance(error, OSError) and error.errno in _CURES else _ours(error, words)
    return _stopped() if code == STOPPED else _code(code)


def _code(value: object) -> int:
    return value if isinstance(value, int) else 0


def _usage(error: Exception) -> int:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(context.get_help() if context else str(error), err=True)
        return WRONG
    fact = getattr(error, "format_message", error.__str__)()
    commands = getattr(context.command, "commands", {}) if context else {}
    known = f" Known: {', '.join(commands)}." if commands and "command" in fact else ""
    return _told("usage", f"{fact.rstrip('.')}.{known} Cure: {context.command_path if context else 'zhanggui'} --help")


def _told(code: str, message: str) -> int:
    SCREEN.print(f"[bold red]error[/] ({code}): ", end="")
    SCREEN.print(" ".join(message.split()), markup=False, soft_wrap=True)
    return WRONG


def _stopped() -> int:
    SCREEN.print("Stopped. What was done before stays; run it again to go on.")
    return STOPPED


def _unread() -> int:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else the interpreter's last flush fails, too
    return UNREAD


def _system(error: OSError) -> int:
    what = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    return _told("system", f"{what}. {_CURES[error.errno or 0]}")


def _ours(error: Exception, words: Sequence[str]) -> int:
    """Keep the traceback and name it by an id that the person can quote."""
    name = f"error-{token_hex(4)}"
    place = _kept(f"{name}.log", f"zhanggui {' '.join(words)}\n" + "".join(traceback.format_exception(error)), words)
    fact = f"{type(error).__name__}: {error}"
    _told("internal", f"This is a fault of ours, {name}: {fact[:200]}. Please report it with {place}")
    return OURS


def _kept(name: str, text: str, words: Sequence[str]) -> str:
    for folder in (_home(words) / "logs", Path(gettempdir())):
        try:
            if folder.parent.is_dir():
                folder.mkdir(exist_ok=True)
                (folder / name).write_text(text, "utf-8", "replace")
                return str(folder / name)
        except OSError:
            continue
    return "what you did; its traceback could be written nowhere"


def _home(words: Sequence[str]) -> Path:
    """Return the home that the words name, as far as can be told when anything may be wrong with them."""
    named = [after for word, after in zip(words, words[1:], strict=False) if word == "--home"]
    named += [word.partition("=")[2] for word in words if word.startswith("--home=")]
    return Path(named[0] if named else os.environ.get("ZHANGGUI_HOME") or ".zhanggui").expanduser()

"""The command `zhanggui`, which `python -m zhanggui` is, too."""

from zhanggui.app.allocator import one_arena


def main() -> None:
    """Settle what must be settled before libraries are loaded, then run the command."""
    one_arena()
    from zhanggui.app.cli.main import main as command

    command()


if __name__ == "__main__":
    main()

"""`python -m zhanggui` is the command `zhanggui`."""

from zhanggui.app.cli.main import main

if __name__ == "__main__":
    main()

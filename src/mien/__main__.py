"""``python -m mien``: the commands, where the program itself is not on the path."""

from mien.cli import main

if __name__ == "__main__":
    main()

"""`python -m emo_utils`: the command line where `emo` is not on the path."""

from emo_utils.apps.cli import main

if __name__ == "__main__":
    main()

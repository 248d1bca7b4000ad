"""``python -m pipeline.cli``: the command line without installation."""

from pipeline.cli import main

main()

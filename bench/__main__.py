"""`python -m bench [NAMES] [--rounds N] [--seconds S] [--write]`."""

import argparse
import sys
import tempfile
from pathlib import Path

from bench.report import report, write
from bench.runs import RUNS, Figures


def main() -> None:
    """Run the benchmarks in rounds, so that a baseline meets the same weather, and print them."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(RUNS)}; all")
    parser.add_argument("--rounds", type=int, default=3, help="(%(default)s)")
    parser.add_argument("--seconds", type=float, default=3, help="a measurement (%(default)s)")
    parser.add_argument("--write", action="store_true", help="put the tables into bench/README.md")
    options = parser.parse_args()
    names = options.names or list(RUNS)
    if unknown := set(names) - set(RUNS):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    if options.write and set(names) != set(RUNS):
        parser.error("--write is for all benchmarks together")
    figures = Figures()
    for number in range(1, options.rounds + 1):
        for name in names:
            print(f"round {number} of {options.rounds}: {name}", file=sys.stderr)
            with tempfile.TemporaryDirectory(prefix="martlet-bench-") as folder:
                RUNS[name](figures, Path(folder), options.seconds)
    text = report(figures, names, rounds=options.rounds, seconds=options.seconds)
    print(text)
    if options.write:
        write(text)


if __name__ == "__main__":
    main()

"""`python -m benchmarks NAME… [--data FOLDER]`: measure and print a table for each subject."""

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.rows import table

ROOT = Path(__file__).resolve().parent.parent
SUBJECTS = {
    "beats": "benchmarks.beats",
    "stems": "benchmarks.stems",
    "genre": "benchmarks.genre",
    "remix": "benchmarks.remix",
    "start": "benchmarks.start",
    "files": "benchmarks.files",
    "keywords": "benchmarks.keywords",
    "models": "benchmarks.models",
    "drift": "benchmarks.drift",
    "refresh": "benchmarks.refresh",
    "separation": "benchmarks.separation",
    "convnets": "benchmarks.convnets",
    "unmix": "benchmarks.unmix",
    "unmix-jobs": "benchmarks.unmix_jobs",
    "unmix-times": "benchmarks.unmix_times",
    "unmix-callbacks": "benchmarks.unmix_callbacks",
    "unmix-player": "benchmarks.unmix_player",
}
UNMIX = {name for name in SUBJECTS if name.startswith("unmix")}
WITHOUT_DATA = {"start", "files", "refresh", "separation", *UNMIX}
SIZED = {"separation", "unmix-jobs", "unmix-times", "unmix-callbacks"}
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def main(arguments: list[str] | None = None) -> int:
    """Measure what is asked for; 2 and one sentence where the recordings are missing."""
    options = _parser().parse_args(arguments)
    for name in THREADS:
        os.environ.setdefault(name, "1")
    if set(options.names) - WITHOUT_DATA and not options.data.is_dir():
        print(f"There are no recordings in {options.data}; --data names them.", file=sys.stderr)
        return 2
    for name in options.names:
        subject = import_module(SUBJECTS[name])
        try:
            size = (options.seconds,) if options.seconds and name in SIZED else ()
            rows = list(subject.measure(options.data, *size))
        except FileNotFoundError as missing:
            print(missing, file=sys.stderr)
            return 2
        print(f"\n{name}: {subject.TITLE}\n\n{table(rows)}", flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="+", choices=SUBJECTS, metavar="NAME", help=_names())
    parser.add_argument(
        "--data",
        type=Path,
        default=ROOT.parent / "shared" / "data",
        help="folder of real recordings (default: %(default)s)",
    )
    parser.add_argument("--seconds", type=float, help="how long, for " + ", ".join(sorted(SIZED)))
    return parser


def _names() -> str:
    return ", ".join(SUBJECTS)


if __name__ == "__main__":
    raise SystemExit(main())

"""`python -m training forest|evaluate --table FILE.csv`: make the shipped models, score them."""

import argparse
import json
import sys
from pathlib import Path

import audio
from audio.genre import GenreForest
from training import forest, table

ARTEFACTS = Path(audio.__file__).parent / "artefacts"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 2 and one sentence for a table that cannot be used."""
    options = _parser().parse_args(arguments)
    try:
        rows = table.read(options.table)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    if options.command == "forest":
        result = forest.train(rows, options.out)
        result.pop("features")
    else:
        result = forest.evaluate(rows, GenreForest(options.model))
    print(json.dumps(result, indent=2, ensure_ascii=False))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("forest", help="train the genre forest and write it")
    make.add_argument("--out", type=Path, default=ARTEFACTS, help="folder of the artefacts")
    score = commands.add_parser("evaluate", help="score a finished forest, as JSON")
    score.add_argument("--model", type=Path, default=ARTEFACTS, help="folder of the artefacts")
    for command in (make, score):
        command.add_argument("--table", type=Path, required=True, help="CSV with known genres")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())

"""`python -m training prepare|train|evaluate|behave|card|masks`: make and score what we ship."""

import argparse
import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from audio.genre import MODELS
from audio.genre_facts import ARTEFACTS
from training import artefact, behaviour, cards, evaluation, integrity, settings, table, tracking

ROOT = Path(__file__).resolve().parents[1]
PREPARED = ROOT / "var" / "training" / "prepared"
HEADS = ROOT / "var" / "training" / "heads"  # of somebody's own songs: the shipped stay
CARDS = ROOT / "docs" / "cards"
METRICS = "file to write the JSON to as well"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 2 and one sentence for what cannot be used."""
    given = _parser().parse_args(arguments)
    try:
        result = given.work(given)
    except (OSError, ValueError, ImportError) as error:
        print(error, file=sys.stderr)
        return 2
    text = json.dumps(result, indent=2, ensure_ascii=False)
    print(text)
    if getattr(given, "metrics", None):
        given.metrics.parent.mkdir(parents=True, exist_ok=True)
        given.metrics.write_text(text + "\n", encoding="utf-8")
    return 0


def prepare(given: argparse.Namespace) -> dict[str, Any]:
    """Check the songs and lay them out for the other commands."""
    songs = _songs(given)
    given.out.mkdir(parents=True, exist_ok=True)
    if given.dataset:
        table.write(songs, given.out)
    else:  # byte for byte, so that its sha256 stays
        (given.out / "songs.csv").write_bytes(given.table.read_bytes())
        if given.embeddings:
            (given.out / "convnet.npy").write_bytes(given.embeddings.read_bytes())
    checked = integrity.check(songs, settings.read(given.params))
    text = json.dumps(checked, indent=1, ensure_ascii=False)
    (given.out / "integrity.json").write_text(text + "\n", encoding="utf-8")
    return {name: value for name, value in checked.items() if name != "pairs"}


def train(given: argparse.Namespace) -> dict[str, Any]:
    """Train the heads, write them, and tell what they score in folds."""
    told = settings.read(given.params)
    out = given.out or (HEADS if given.dataset else ARTEFACTS)
    written = artefact.train(_songs(given), out, told, say=_say)
    tracking.log(written, told)
    return {
        name: {
            key: facts[key]
            for key in ("version", "by_artist", "by_artist_repeated", "random_split_leaky")
        }
        for name, facts in written.items()
    }


def evaluate(given: argparse.Namespace) -> dict[str, Any]:
    """Score finished heads on a table."""
    return evaluation.evaluate(table.read(given.table, given.embeddings), given.model)


def behave(given: argparse.Namespace) -> dict[str, Any]:
    """Hear what changes of the sound do; without songs what was measured before stays."""
    if given.audio.is_dir():
        models = [model for kind in MODELS if not (model := kind(given.model)).missing]
        measured = behaviour.measure(models, _songs_in(given.audio, given.every))
        behaviour.write(given.model, measured)
        return measured
    _say(f"There is no folder “{given.audio}”: only what was measured of these heads stays.")
    kept = behaviour.keep_what_holds(given.model)
    behaviour.write(given.model, kept)
    return kept


def card(given: argparse.Namespace) -> dict[str, Any]:
    """Write the cards."""
    data = json.loads((given.prepared / "integrity.json").read_text(encoding="utf-8"))
    return {"cards": [str(path) for path in cards.write(given.out, given.model, data)]}


def masks(given: argparse.Namespace) -> dict[str, Any]:
    """Fit the table of the engine `hpss` to every other song, and score it on the rest."""
    fitted: dict[str, Any] = import_module("training.masks").fit(given.songs, first=given.first)
    return fitted


def _songs(given: argparse.Namespace) -> table.Table:
    if given.dataset:
        dataset = import_module("training.dataset")  # loads torch, which takes seconds
        heard: table.Table = dataset.hear(given.dataset, _say)
        return heard
    return table.read(given.table, given.embeddings)


def _songs_in(folder: Path, every: int) -> Iterator[behaviour.Song]:
    """The audio files of a folder; “jazz.00012.flac” is known to be jazz."""
    labels = MODELS[0]().labels
    for path in sorted(path for path in folder.iterdir() if path.is_file())[::every]:
        genre = path.name.partition(".")[0]
        _say(path.name)
        clip = import_module("training.dataset").middle(path)
        yield behaviour.Song(path.name, clip, genre if genre in labels else "")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for work, out, text in (
        (prepare, PREPARED, "check the songs and lay them out"),
        (train, None, f"train the heads and write them (of a dataset: into {HEADS})"),
    ):
        command = commands.add_parser(work.__name__, help=text)
        source = command.add_mutually_exclusive_group(required=True)
        source.add_argument("--table", type=Path, help="CSV with features and known genres")
        source.add_argument("--dataset", type=Path, help="folder with a folder for each genre")
        _options(command, work, out)
        command.add_argument("--params", type=Path, default=settings.PARAMS)
        command.add_argument("--embeddings", type=Path, help="NPY, a row for each of the CSV's")
    command = commands.add_parser("evaluate", help="score finished heads, as JSON")
    command.add_argument("--table", type=Path, required=True, help="CSV with known genres")
    command.add_argument("--embeddings", type=Path, help="NPY, a row for each of the CSV's")
    command.add_argument("--model", type=Path, default=ARTEFACTS, help="folder of the heads")
    command.set_defaults(work=evaluate)
    command.add_argument("--metrics", type=Path, help=METRICS)
    command = commands.add_parser("behave", help="hear what changes of the sound do")
    command.add_argument("--model", type=Path, default=ARTEFACTS, help="folder of the heads")
    command.add_argument("--audio", type=Path, required=True, help="folder of songs to change")
    command.add_argument("--every", type=int, default=1, help="take every so manieth of them")
    command.add_argument("--metrics", type=Path, help=METRICS)
    command.set_defaults(work=behave)
    command = commands.add_parser("card", help="write the model cards and the data card")
    command.add_argument("--model", type=Path, default=ARTEFACTS, help="folder of the heads")
    command.add_argument("--prepared", type=Path, default=PREPARED, help="what prepare wrote")
    _options(command, card, CARDS)
    command = commands.add_parser("masks", help="fit the masks of the engine hpss, as JSON")
    command.add_argument("songs", type=Path, help="folder of songs, a folder of stems for each")
    command.add_argument("--first", type=int, choices=(0, 1), default=1, help="of those fitted to")
    command.set_defaults(work=masks)
    return parser


def _options(command: argparse.ArgumentParser, work: Any, out: Path | None) -> None:
    command.set_defaults(work=work)
    command.add_argument("--metrics", type=Path, help=METRICS)
    command.add_argument("--out", type=Path, default=out, help="folder to write to")


if __name__ == "__main__":
    raise SystemExit(main())

"""The command line: ``python -m audio COMMAND``; ``--help`` lists the commands."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

from audio import commands, formats, stems
from audio.commands import Item
from audio.errors import AudioError, UnknownEngine, UnknownFormat, UnknownStem
from audio.progress import Report

BAD_INPUT = 2
STOPPED = 130  # as shells count a Ctrl-C
STEMS = "which stems, for instance vocals,rest (“rest” is the mix less the others)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows ``python -m audio``; the process's own when None.

    Returns
    -------
    int
        Exit code: 0, or 2 when something given cannot be used; one sentence on standard error
        says what. Of several files the others are still done.
    """
    given = _parser().parse_args(arguments)
    try:
        items = given.items(given)
    except OSError as error:
        return _refuse("", error)
    if not items:
        print("There is no audio file there.", file=sys.stderr)
        return BAD_INPUT
    try:
        return max([_run(item, given) for item in items])
    except KeyboardInterrupt:
        return STOPPED


def _run(item: Item, given: Namespace) -> int:
    """Do the work on one item; print the answers."""
    try:
        with _bar(item.name) as report:
            answers = list(given.work(item, given, report))
    except (AudioError, OSError, ValueError) as error:
        return _refuse(item.name, error)
    for answer in answers:
        print(json.dumps(answer.data) if given.json else answer.text, flush=True)
    return 0


def _refuse(name: str, error: Exception) -> int:
    """Say in one sentence why something cannot be used."""
    sentence = str(error)
    if isinstance(error, FileNotFoundError):
        sentence = f"There is no file “{error.filename}”."
    elif isinstance(error, OSError):
        sentence = f"“{error.filename or name}” cannot be used: {error.strerror or error}."
    elif isinstance(error, AudioError) and not isinstance(
        error, UnknownEngine | UnknownFormat | UnknownStem
    ):
        sentence = f"{name}: {error}"
    print(sentence, file=sys.stderr)
    return BAD_INPUT


@contextmanager
def _bar(name: str) -> Iterator[Report]:
    """A progress bar on standard error, where that is a terminal."""
    with tqdm(
        total=1.0, desc=Path(name).name, leave=False, disable=None, bar_format="{l_bar}{bar}|{eta}"
    ) as bar:
        yield lambda fraction: bar.update(max(0.0, fraction - bar.n))


class _Parser(ArgumentParser):
    """Says what is wrong in one sentence, without the usage."""

    def error(self, message: str) -> NoReturn:
        sentence = message[:1].upper() + message[1:].rstrip(".")
        self.exit(BAD_INPUT, f"{sentence} (“{self.prog} --help” explains).\n")


def _parser() -> ArgumentParser:
    parser = _Parser("python -m audio", description="Tag, unmix and remix songs.")
    table = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, work: commands.Work, items: Callable[[Namespace], list[Item]]
    ) -> ArgumentParser:
        new = table.add_parser(name, help=(work.__doc__ or "").strip())
        new.set_defaults(work=work, items=items)
        new.add_argument("--json", action="store_true", help="one JSON object a line")
        return new

    for work in (commands.probe, commands.predict, commands.beats):
        new = command(work.__name__, work, commands.files)
        new.add_argument("files", nargs="+", type=Path, metavar="FILE")
    _add_separate(command("separate", commands.separate, commands.found))
    _add_random_model(command("random-model", commands.random_model, commands.together))
    _add_convert_model(command("convert-model", commands.convert_model, commands.together))
    _add_segment(command("segment", commands.segment, commands.found))
    _add_remix(command("remix", commands.remix, commands.together))
    _add_compose(command("compose", commands.compose, commands.together))
    return parser


def _add_separate(new: ArgumentParser) -> None:
    new.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files and folders")
    new.add_argument("out", type=Path, metavar="OUT", help="stems go to OUT/<song>/")
    new.add_argument("--engine", default=next(iter(stems.ENGINES)), help=", ".join(stems.ENGINES))
    new.add_argument("--format", default="flac", help=", ".join(formats.FORMATS))
    new.add_argument("--stems", type=_names, default=(), metavar="A,B", help=STEMS)
    new.add_argument("--models", type=Path, metavar="DIR", help="models of your own")
    new.add_argument("--dtype", choices=("auto", "float32", "bfloat16"), default="auto")


def _add_random_model(new: ArgumentParser) -> None:
    new.add_argument("out", type=Path, metavar="DIR", help="the models go there")
    new.add_argument("--small", action="store_true", help="three that run in milliseconds")


def _add_convert_model(new: ArgumentParser) -> None:
    new.add_argument("file", type=Path, metavar="FILE.th")
    new.add_argument("out", type=Path, metavar="DIR", help="the model goes there")
    new.add_argument(
        "--run-its-code",
        action="store_true",
        help="read what cannot be read otherwise: this RUNS whatever code the file holds, "
        "so only for files of people you trust",
    )


def _add_segment(new: ArgumentParser) -> None:
    new.add_argument("paths", nargs="+", type=Path, metavar="DIR", help="folders and files")
    new.add_argument("out", type=Path, metavar="OUT", help="beats go to OUT/<song>/0001.wav, ...")


def _add_remix(new: ArgumentParser) -> None:
    new.add_argument("files", nargs="+", type=Path, metavar="SONG")
    new.add_argument("out", type=Path, metavar="OUT", help="for instance remix.wav")
    new.add_argument("--jump-rate", type=_fraction, default=0.2, metavar="0..1")
    new.add_argument("--beats", type=int, default=64, help="how many the remix has")
    new.add_argument("--seed", type=int, default=0, help="the same gives the same remix")
    new.add_argument("--recipe", type=Path, help="write the plan there, as JSON")


def _add_compose(new: ArgumentParser) -> None:
    new.add_argument("out", type=Path, metavar="OUT", help="the demo songs go there")
    new.add_argument("--format", default="flac", help=", ".join(formats.FORMATS))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is not a number.") from error
    if not 0 <= value <= 1:
        raise ArgumentTypeError(f"It lies between 0 and 1, not at {text}.")
    return value


if __name__ == "__main__":
    sys.exit(main())

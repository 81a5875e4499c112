"""What `python -m audio` can do, one function a command; `audio.__main__` reads and prints."""

import json
import math
import resource
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from audio import formats, io, stems, weights
from audio.catalogue import CATALOGUE
from audio.errors import AudioError
from audio.progress import Report, part

SUFFIXES = {
    ".mp3", ".flac", ".wav", ".ogg", ".oga", ".opus", ".m4a", ".mp4", ".aac", ".aif",
    ".aiff", ".wma", ".mka", ".webm", ".ape", ".wv", ".au", ".caf", ".w64", ".ac3",
    ".amr", ".tta", ".mpc",
}  # fmt: skip
"""What is looked for in folders."""


@dataclass(frozen=True)
class Answer:
    """What a command has found: for programs (one JSON object) and for people (a line)."""

    data: dict[str, Any]
    text: str


@dataclass(frozen=True)
class Item:
    """One thing to work on: what to call it, its files, and where its results belong."""

    name: str
    paths: tuple[Path, ...] = ()
    folder: Path = Path()


Work = Callable[[Item, Namespace, Report], Iterator[Answer]]
"""A command for one item. Heavy libraries are imported by the command that needs them."""


def files(arguments: Namespace) -> list[Item]:
    """Each file named, one by one."""
    return [Item(str(path), (path,)) for path in arguments.files]


def found(arguments: Namespace) -> list[Item]:
    """Each file named or lying in a folder named; its results go where it lay, under OUT."""
    out = arguments.out.resolve()
    pairs = [
        (file, relative)
        for path in arguments.paths
        for file, relative in _in(path)
        if out not in file.resolve().parents
    ]
    folders = [relative.with_suffix("") for _, relative in pairs]
    return [
        Item(
            str(path),
            (path,),
            arguments.out / (relative if folders.count(folder) > 1 else folder),
        )
        for (path, relative), folder in zip(pairs, folders, strict=True)
    ]


def together(arguments: Namespace) -> list[Item]:
    """All that is named, as one item."""
    return [Item(str(arguments.out), tuple(getattr(arguments, "files", ())))]


def probe(item: Item, arguments: Namespace, report: Report) -> Iterator[Answer]:
    """Say what a file's header says."""
    facts = io.probe(item.paths[0])
    length = "length unknown" if facts.seconds is None else _clock(facts.seconds)
    yield Answer(
        {"file": item.name, **asdict(facts)},
        f"{item.name}: {facts.codec}, {length}, {facts.sample_rate} Hz, "
        f"{facts.channels} channel{'s' * (facts.channels != 1)}"
        + (f", “{facts.title}”" if facts.title else ""),
    )


def predict(item: Item, arguments: Namespace, report: Report) -> Iterator[Answer]:
    """Say what every model says of a file."""
    heard = _named("audio.tagging:hear_file")(item.paths[0], report, _asked())
    said = ", ".join(
        f"{t.model} {t.label or 'nothing'} ({t.confidence:.0%})" for t in heard.taggings
    )
    data = {
        "file": item.name,
        "seconds": round(heard.seconds, 3),
        "models": {told.model: _told(told, heard.seconds) for told in heard.taggings},
        "missing": _with_ways_out(heard.missing) | dict(heard.failed),
    }
    yield Answer(data, f"{item.name}: {said}")


def _asked() -> list[Any]:
    """The models; making them costs little, as nothing is loaded before it is needed."""
    models: list[Any] = _named("audio.tagging:models")()
    return models


def _with_ways_out(missing: Mapping[str, str]) -> dict[str, str]:
    """What is missing, and for whoever sits at this shell what can be done."""
    needed = {
        name: weights.way_out(file.name) for file in CATALOGUE.values() for name in file.used_by
    }
    return {name: f"{why} {needed.get(name, '')}".strip() for name, why in missing.items()}


def _told(tagging: Any, seconds: float) -> dict[str, Any]:
    """What one model says: of the whole file, and window by window."""
    return {
        "version": tagging.version,
        "label": tagging.label,
        "confidence": float(tagging.confidence),
        "value": tagging.value,
        "threshold": tagging.threshold,
        "probabilities": _by_label(tagging.labels, tagging.overall),
        "windows": [_window(tagging, number, seconds) for number in range(len(tagging.starts))],
    }


def _window(tagging: Any, number: int, seconds: float) -> dict[str, Any]:
    """What it says of one window; a number that was not found there is null."""
    start, row = float(tagging.starts[number]), tagging.probabilities[number]
    best = int(row.argmax()) if len(row) else None
    told: dict[str, Any] = {
        "start": start,
        "end": min(start + tagging.window_seconds, seconds),
        "label": "" if best is None else tagging.labels[best],
        "confidence": float(tagging.confidence if best is None else row[best]),
        "probabilities": _by_label(tagging.labels, row),
    }
    if not tagging.exclusive and told["confidence"] < tagging.threshold:
        told["label"] = ""
    if tagging.values is not None:
        value = float(tagging.values[number])
        told["value"] = None if math.isnan(value) else value
        told["label"] = "" if math.isnan(value) else f"{value:.0f} BPM"
    return told


def _by_label(labels: Sequence[str], row: Iterable[float]) -> dict[str, float]:
    return {label: float(share) for label, share in zip(labels, row, strict=True)}


def beats(item: Item, arguments: Namespace, report: Report) -> Iterator[Answer]:
    """Say where the beats of a file are."""
    grid = _named("audio.beats:analyse_file")(item.paths[0], report)
    data = {
        "file": item.name,
        "bpm": float(grid.bpm),
        "confidence": float(grid.confidence),
        "beats": [round(float(time), 4) for time in grid.beats],
        "downbeats": [round(float(time), 4) for time in grid.downbeats],
    }
    yield Answer(data, f"{item.name}: {grid.bpm:.1f} BPM, {len(grid.beats)} beats")


def separate(item: Item, arguments: Namespace, report: Report) -> Iterator[Answer]:
    """Split a file into stems; killed in the middle, the same command goes on there."""
    began, spent = time.monotonic(), time.process_time()
    options = stems.Options(stems=arguments.stems, dtype=arguments.dtype, models=arguments.models)
    engine = stems.load(arguments.engine, options)
    made = _named("audio.separate:separate_file")(
        item.paths[0],
        item.folder,
        engine,
        format=arguments.format,
        report=report,
        checkpoint=item.folder / ".unfinished",
    )
    yield Answer(
        {
            "file": item.name,
            "engine": engine.facts.name,
            "version": engine.facts.version,
            "parameters": dict(engine.parameters),
            "format": arguments.format,
            "gain_db": made[0].gain_db,
            "seconds": round(time.monotonic() - began, 3),
            "cpu_seconds": round(time.process_time() - spent, 3),
            "peak_memory_mb": _peak_memory(),
            "stems": {stem.name: str(stem.path) for stem in made},
        },
        f"{item.name}: {', '.join(stem.name for stem in made)} in {item.folder}",
    )


def random_model(item: Item, arguments: Namespace, report: Report) -> Iterator[Answer]:
    """Write Demucs models with random weights, for tests and benchmarks."""
    write = _named("audio.random_model:write_random_model")
    for name, files in write(arguments.out, small=arguments.small).items():
        yield Answer(
            {"model": name, "files": [str(path) for path in files]},
            f"{name}: {', '.join(path.name for path in files)} in {arguments.out}",
        )


def convert_model(item: Item, arguments: Namespace, report: Report) -> Iterator[Answer]:
    """Turn a Demucs model of your own (.th) into safetensors."""
    convert = _named("audio.own_models:convert")
    path = convert(arguments.file, arguments.out, run_its_code=arguments.run_its_code)
    yield Answer({"model": path.stem, "file": str(path)}, f"{path.stem}: {path}")


def _peak_memory() -> float:
    """The most memory this process has had, in MB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (1e6 if sys.platform == "darwin" else 1e3), 1)


def segment(item: Item, arguments: Namespace, report: Report) -> Iterator[Answer]:
    """Write each beat of a file as a WAV."""
    grid = _named("audio.beats:analyse_file")(item.paths[0], part(report, 0.0, 0.8))
    edges = [*grid.beats, grid.ends[-1]]
    pieces = _named("audio.segments:pieces")(item.paths[0], edges)
    item.folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for written, clip in enumerate(pieces, start=1):
        io.write(item.folder / f"{written:04d}.wav", clip)
        report(0.8 + 0.2 * written / len(edges))
    yield Answer(
        {"file": item.name, "folder": str(item.folder), "segments": written},
        f"{item.name}: {written} beats in {item.folder}",
    )


def remix(item: Item, arguments: Namespace, report: Report) -> Iterator[Answer]:
    """Plan a remix of songs and play it into a file."""
    format = formats.by_suffix(arguments.out).name
    sources = {str(path): path for path in item.paths}
    share = 0.6 / len(sources)
    grids = {
        key: _grid(path, part(report, index * share, (index + 1) * share))
        for index, (key, path) in enumerate(sources.items())
    }
    recipe = _named("audio.remix:plan")(
        grids, beats=arguments.beats, jump_rate=arguments.jump_rate, seed=arguments.seed
    )
    if arguments.recipe:
        arguments.recipe.write_text(recipe.to_json(), encoding="utf-8")
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    _named("audio.remix:render")(
        recipe, sources, arguments.out, format=format, report=part(report, 0.6, 1.0)
    )
    data = {"file": str(arguments.out), "recipe": json.loads(recipe.to_json())}
    songs, parts = len({s.song for s in recipe.segments}), len(recipe.segments)
    yield Answer(data, f"{arguments.out}: {parts} parts of {songs} of {len(sources)} songs")


def _grid(path: Path, report: Report) -> Any:
    """The beats of one of several songs; a complaint says which it is about."""
    try:
        return _named("audio.beats:analyse_file")(path, report)
    except AudioError as error:
        raise type(error)(f"“{path}”: {error}") from error


def compose(item: Item, arguments: Namespace, report: Report) -> Iterator[Answer]:
    """Write the demo songs."""
    for path in _named("audio.compose:write_demo")(arguments.out, format=arguments.format):
        yield Answer({"file": str(path)}, str(path))


def _named(name: str) -> Any:
    """The function "module:name"; imported when it is needed, as loading librosa takes seconds."""
    module, _, function = name.partition(":")
    return getattr(import_module(module), function)


def _in(path: Path) -> Iterator[tuple[Path, Path]]:
    """A file, or the audio files in a folder, each with its path relative to what was named."""
    if not path.is_dir():
        yield path, Path(path.name)
        return
    for file in sorted(path.rglob("*")):
        relative = file.relative_to(path)
        hidden = any(name.startswith(".") for name in relative.parts)
        if file.suffix.lower() in SUFFIXES and file.is_file() and not hidden:
            yield file, relative


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"

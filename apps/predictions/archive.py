"""A trained head as one file: packed the same way every time, unpacked without trust."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError

MOST_FILES = 40
LARGEST = 200 * 2**20  # bytes, of all files together
KINDS = {".json", ".npz", ".onnx", ".safetensors", ".txt"}
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,79}", re.ASCII)
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # no date of today: the same head is the same bytes


def pack(folder: Path, file: Path) -> None:
    """Write a folder that `python -m training train` made as one file.

    Raises `ValidationError` for anything that such a folder does not hold.
    """
    with zipfile.ZipFile(file, "w") as packed:
        for path in _files(folder):
            entry = zipfile.ZipInfo(path.name, LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, path.read_bytes())


def unpack(file: Path, folder: Path) -> None:
    """Put the files into a folder; raises `ValidationError` for an archive that is not ours."""
    try:
        with zipfile.ZipFile(file) as packed:
            entries = packed.infolist()
            _require([(entry.filename, entry.file_size) for entry in entries])
            for entry in entries:
                with packed.open(entry) as inside:
                    (folder / entry.filename).write_bytes(inside.read(entry.file_size))
    except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError) as error:
        raise ValidationError("This archive is damaged.") from error


def particulars(folder: Path) -> dict[str, dict[str, Any]]:
    """What training wrote down, by model; raises `ValidationError` when that is nothing."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.json")):
        facts = _loaded(path)
        if isinstance(facts, dict) and {"name", "version", "labels"} <= facts.keys():
            found[str(facts["name"])] = facts
    if not found:
        raise ValidationError(
            f"There is no trained model in {folder}. `python -m training train --dataset DIR` "
            "says where it writes one."
        )
    return found


def _loaded(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValidationError(f"{path.name} is no JSON.") from error


def _files(folder: Path) -> list[Path]:
    """Regular files only: no folder, and no link that leads elsewhere."""
    if not folder.is_dir():
        raise ValidationError(f"{folder} is no folder.")
    paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    if odd := [path.name for path in paths if path.is_symlink() or not path.is_file()]:
        raise ValidationError(f"A trained head holds plain files only, not {odd[0]}.")
    _require([(path.name, path.stat().st_size) for path in paths])
    return paths


def _require(files: list[tuple[str, int]]) -> None:
    names = [name for name, _ in files]
    for name in names:
        if not NAME.fullmatch(name) or Path(name).suffix not in KINDS:
            raise ValidationError(f"A trained head holds no “{name}”.")
    if len(set(names)) != len(names) or len(names) > MOST_FILES:
        raise ValidationError("These are more files than a trained head has.")
    if sum(size for _, size in files) > LARGEST:
        raise ValidationError(f"A trained head is at most {LARGEST // 2**20} MB large.")

"""A trained head as one file: packed the same way every time, unpacked without trust."""

import math
import re
import struct
import zipfile
import zlib
from pathlib import Path

from django.core.exceptions import ValidationError
from numpy.lib import format as npy

MOST_FILES = 40
LARGEST = 200 * 2**20  # bytes, of all files together
KINDS = {".json", ".npz", ".onnx", ".safetensors", ".txt"}
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,79}", re.ASCII)
DAMAGED = (  # what reading an archive raises that somebody has made up
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    NotImplementedError,  # zipfile, of a compression it does not know
    ValueError,
    OverflowError,
    struct.error,
)
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
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
            _require_packed(entries)
            for entry in entries:
                with packed.open(entry) as inside:
                    (folder / entry.filename).write_bytes(inside.read(entry.file_size))
    except DAMAGED as error:
        raise ValidationError("This archive is damaged.") from error
    _files(folder)


def _require_packed(entries: list[zipfile.ZipInfo]) -> None:
    """As we and numpy do it; other ways have errors of their own. Raises BadZipFile."""
    if any(entry.compress_type not in PACKED for entry in entries):
        raise zipfile.BadZipFile


def _require_arrays(file: Path) -> None:
    """Refuse arrays by their headers, before any is made: numpy believes what these say.

    Raises `ValidationError`.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            _require_packed(packed.infolist())
            sizes = [_bytes_of(packed, entry) for entry in packed.infolist()]
    except DAMAGED as error:
        raise ValidationError(f"{file.name} holds no arrays.") from error
    if len(sizes) > MOST_FILES or sum(sizes) > LARGEST:
        raise ValidationError(f"{file.name} holds more than a trained head has.")


def _bytes_of(packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    """How large an array becomes; raises ValueError when there is less of it than it says."""
    with packed.open(entry) as inside:
        major, _ = npy.read_magic(inside)
        read = npy.read_array_header_1_0 if major == 1 else npy.read_array_header_2_0
        shape, _, kind = read(inside)
        size = math.prod(shape) * kind.itemsize
        there = entry.file_size - inside.tell()
    if kind.hasobject or min(shape, default=0) < 0 or size > there:
        raise ValueError(entry.filename)
    return size


def _files(folder: Path) -> list[Path]:
    """Regular files only: no folder, and no link that leads elsewhere."""
    if not folder.is_dir():
        raise ValidationError(f"{folder} is no folder.")
    paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    if odd := [path.name for path in paths if path.is_symlink() or not path.is_file()]:
        raise ValidationError(f"A trained head holds plain files only, not {odd[0]}.")
    _require([(path.name, path.stat().st_size) for path in paths])
    for path in paths:
        if path.suffix == ".npz":
            _require_arrays(path)
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

"""Send all songs of a folder to an Audiophile server, wait, and fetch their stems.

    export AUDIOPHILE_URL=http://localhost:8000 AUDIOPHILE_TOKEN=…
    python unmix_folder.py songs/ stems/ --format mp3 --bitrate 320

Nothing but Python's own library is needed. Whoever runs it again goes on where it was: the server
knows the songs it has, and stems that are there are not fetched again.
"""

import argparse
import json
import os
import shutil
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

SUFFIXES = {".mp3", ".flac", ".wav", ".ogg", ".opus", ".m4a", ".aac", ".aif", ".aiff", ".wma"}
BLOCK = 256 * 1024  # bytes
OVER = {"done", "failed", "cancelled"}
PATIENCE = 5  # tries, of a server that does not answer


class Refused(Exception):
    """The server did not want to; the text says why."""


class Server:
    """The API with a token."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url.rstrip("/"), token

    def get(self, path: str) -> dict[str, Any]:
        with self.open("GET", path) as answer:
            return dict(json.load(answer))

    def open(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer, to be read; `Refused` with the server's own sentence otherwise."""
        url = path if path.startswith("http") else f"{self.url}/api{path}"
        headers = {key.replace("_", "-"): value for key, value in headers.items()}
        headers["Authorization"] = f"Token {self.token}"
        try:
            return urlopen(Request(url, body, headers, method=method), timeout=120)
        except HTTPError as error:
            raise Refused(_sentence(error)) from error

    def send(self, song: Path, fields: dict[str, Any]) -> dict[str, Any]:
        """Ask for the stems of a song, in one request with the song itself."""
        boundary = uuid.uuid4().hex
        head, tail = _form(song, fields, boundary)
        with self.open(
            "POST", "/separations", _body(head, song, tail),
            Content_Type=f"multipart/form-data; boundary={boundary}",
            Content_Length=str(len(head) + song.stat().st_size + len(tail)),
        ) as answer:  # fmt: skip
            return dict(json.load(answer))

    def wait(self, separation: dict[str, Any]) -> dict[str, Any]:
        """Look again and again until it is over, saying how far it is."""
        unanswered = 0
        while separation["state"] not in OVER:
            time.sleep(min(max((separation["seconds_left"] or 0) / 10, 0.5), 10))
            try:
                separation = self.get(f"/separations/{separation['id']}")
            except URLError:
                unanswered += 1
                if unanswered == PATIENCE:
                    raise
            else:
                unanswered = 0
                print(f"\r  {_far(separation):<60}", end="", flush=True)
        print(f"\r  {separation['state']:<60}")
        return separation

    def fetch(self, url: str, target: Path) -> None:
        """Save what is there; under its name only when it is whole."""
        part = target.with_name(f".{target.name}.part")
        with self.open("GET", url) as answer, part.open("wb") as file:
            shutil.copyfileobj(answer, file, BLOCK)
        part.replace(target)


def main() -> int:
    options = _options()
    server = Server(options.url, options.token)
    songs = sorted(p for p in options.songs.iterdir() if p.suffix.lower() in SUFFIXES)
    if not songs:
        print(f"There are no songs in {options.songs}.", file=sys.stderr)
        return 2
    asked = {song: said for song in songs if (said := _ask(server, song, options))}
    fetched = sum(_fetch(server, song, said, options) for song, said in asked.items())
    print(f"{fetched} of {len(songs)} songs are unmixed, in {options.stems}.")
    return 0 if fetched == len(songs) else 1


def _ask(server: Server, song: Path, options: argparse.Namespace) -> dict[str, Any] | None:
    fields = {
        "engine": options.engine, "stems": options.stem, "format": options.format,
        "bitrate": options.bitrate,
    }  # fmt: skip
    if options.callback:
        fields["callback"] = json.dumps({"url": options.callback, "data": {"song": song.name}})
    try:
        asked = server.send(song, fields)
    except Refused as refusal:
        print(f"{song.name}: {refusal}", file=sys.stderr)
        return None
    print(f"{song.name}: {_far(asked)}")
    if options.callback and options.secret_file:
        options.secret_file.write_text(asked["callback"]["secret"])
    return asked


def _fetch(server: Server, song: Path, asked: dict[str, Any], options: argparse.Namespace) -> bool:
    print(song.name)
    separation = server.wait(asked)
    if separation["state"] != "done":
        why = (separation["error"] or {}).get("message") or separation["state"]
        print(f"{song.name}: {why}", file=sys.stderr)
        return False
    folder = options.stems / song.name
    folder.mkdir(parents=True, exist_ok=True)
    for stem in separation["stems"]:
        target = folder / f"{stem['name']}.{separation['format']}"
        if not target.exists():
            server.fetch(stem["url"], target)
    return True


def _far(separation: dict[str, Any]) -> str:
    left = separation["seconds_left"]
    about = f", about {left:.0f} s left" if left else ""
    if separation["state"] == "queued":
        return f"queued, place {separation['place']}{about}"
    if separation["state"] == "running":
        return f"{separation['progress']:.0%}{about}"
    return str(separation["state"])


def _form(song: Path, fields: dict[str, Any], boundary: str) -> tuple[bytes, bytes]:
    """What goes before the bytes of the song, and what behind them."""
    lines = []
    for name, values in fields.items():
        for value in values if isinstance(values, list) else [values]:
            if value is not None:
                lines += [f"--{boundary}", f'Content-Disposition: form-data; name="{name}"', ""]
                lines += [str(value)]
    name = song.name.replace("\\", "_").replace('"', "_")
    lines += [
        f"--{boundary}",
        f'Content-Disposition: form-data; name="file"; filename="{name}"',
        "Content-Type: application/octet-stream",
        "",
        "",
    ]
    return "\r\n".join(lines).encode(), f"\r\n--{boundary}--\r\n".encode()


def _body(head: bytes, song: Path, tail: bytes) -> Iterator[bytes]:
    """Block by block, however large the song is."""
    yield head
    with song.open("rb") as file:
        while block := file.read(BLOCK):
            yield block
    yield tail


def _sentence(error: HTTPError) -> str:
    try:
        return str(json.load(error)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"The server answered {error.code}."


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("songs", type=Path, help="a folder of songs")
    parser.add_argument("stems", type=Path, help="where the stems go, in a folder for each song")
    parser.add_argument("--engine", help="by name, or fast, balanced or best")
    parser.add_argument("--stem", action="append", help="only this one; can be said repeatedly")
    parser.add_argument("--format", help="flac, wav, mp3 or opus")
    parser.add_argument("--bitrate", type=int, help="in kbit/s")
    parser.add_argument("--callback", help="an address that is to be told of each end")
    parser.add_argument(
        "--secret-file", type=Path, help="where to write what messages to it are signed with"
    )
    parser.add_argument("--url", default=os.environ.get("AUDIOPHILE_URL", "http://localhost:8000"))
    parser.add_argument("--token", default=os.environ.get("AUDIOPHILE_TOKEN"))
    options = parser.parse_args()
    if not options.token:
        parser.error("AUDIOPHILE_TOKEN is missing: make one on the settings page.")
    if not options.songs.is_dir():
        parser.error(f"{options.songs} is no folder.")
    return options


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except (URLError, OSError) as problem:
        sys.exit(f"The server cannot be reached: {getattr(problem, 'reason', problem)}")

"""Recipe: a remix as data, which says where each part comes from and why."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

VERSION = "1"


@dataclass(frozen=True)
class Segment:
    """A run of beats of one song, played as one piece.

    `first_beat` and `last_beat` (inclusive) number the song's beats; `start` and `stop` are
    seconds in the song, `at` the second of the remix where the run begins. `distance` says how
    far its first beat is from what would have come next (0 for the opening), in the units of the
    search; `reason` is one sentence for people.
    """

    song: str
    first_beat: int
    last_beat: int
    start: float
    stop: float
    at: float
    gain_db: float
    distance: float
    reason: str

    @property
    def beats(self) -> int:
        """How many beats it plays."""
        return self.last_beat - self.first_beat + 1

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return self.stop - self.start


@dataclass(frozen=True)
class Recipe:
    """A remix: its segments in order, and the wishes and the seed they came from.

    Raises
    ------
    ValueError
        If there are no segments, or one is empty or out of order.

    Examples
    --------
    >>> segment = Segment("a", 0, 3, 1.0, 3.0, 0.0, 0.0, 0.0, "The remix begins here.")
    >>> recipe = Recipe(seed=0, parameters={"beats": 4}, segments=(segment,))
    >>> recipe.beats, recipe.seconds, Recipe.from_json(recipe.to_json()) == recipe
    (4, 2.0, True)
    """

    seed: int
    parameters: Mapping[str, float]
    segments: tuple[Segment, ...]
    version: str = VERSION

    def __post_init__(self) -> None:
        if not self.segments:
            raise ValueError("A recipe has at least one segment.")
        for before, segment in zip((None, *self.segments), self.segments, strict=False):
            if segment.beats < 1 or not 0 <= segment.start < segment.stop:
                raise ValueError("Every segment of a recipe plays something.")
            due = before.at + before.seconds if before else 0.0
            if abs(segment.at - due) > 1e-3:
                raise ValueError("Every segment of a recipe begins where the one before ends.")

    @property
    def beats(self) -> int:
        """How many beats the remix has."""
        return sum(segment.beats for segment in self.segments)

    @property
    def seconds(self) -> float:
        """How long the remix is."""
        return self.segments[-1].at + self.segments[-1].seconds

    @property
    def songs(self) -> tuple[str, ...]:
        """The songs that are heard, in the order of their first part."""
        return tuple(dict.fromkeys(segment.song for segment in self.segments))

    def to_json(self) -> str:
        """Write the recipe as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError
            If the text is no recipe.
        """
        try:
            data = json.loads(text)
            segments = tuple(_segment(item) for item in data["segments"])
            return cls(int(data["seed"]), dict(data["parameters"]), segments, str(data["version"]))
        except (KeyError, TypeError) as error:
            raise ValueError("This is not the recipe of a remix.") from error


def _segment(item: Mapping[str, Any]) -> Segment:
    """Make a segment of JSON's types, whole numbers where floats are meant included."""
    return Segment(**{field.name: field.type(item[field.name]) for field in fields(Segment)})  # type: ignore[operator]

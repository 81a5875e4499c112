"""A library in which songs have arrived and been heard, without sound: rows alone."""

import hashlib
from datetime import UTC, datetime, timedelta

import numpy as np
from django.utils.timezone import now

from apps.files.models import Blob, Track
from apps.predictions.models import (
    CurrentReference,
    PredictionModel,
    PredictionSet,
    Reference,
    packed,
)

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = [f"column {number}" for number in range(6)]
GENRES = ["blues", "jazz", "rock"]


class Shelf:
    """Lets artists arrive, one after the other, an hour apart."""

    def __init__(self, owner) -> None:
        self.owner, self.count = owner, 0
        self.dice = np.random.default_rng(1)
        self.blob = Blob.objects.create(
            storage="local", key="nothing.wav", size=1, sha256="0" * 64, content_type="audio/wav"
        )
        self.model = PredictionModel.objects.create(
            name="genre-forest", version="test", place=0, labels=GENRES, vector_names=COLUMNS,
            parameters_key="test",
        )  # fmt: skip

    def add(
        self, artists: int, songs: int = 2, *, shift: float = 0.0, genre: str = ""
    ) -> list[Track]:
        """Artists with so many songs each, all of them a shift away from what is usual."""
        tracks, vectors, labels = [], [], []
        for _ in range(artists):
            centre = self.dice.standard_normal(len(COLUMNS))
            centre[0] += shift
            for _ in range(songs):
                tracks.append(self._track(artist=self.count // songs))
                vectors.append(centre + self.dice.standard_normal(len(COLUMNS)) / 3)
                labels.append(genre or GENRES[self.dice.integers(3)])
        Track.objects.bulk_create(tracks)
        for place, track in enumerate(tracks, self.count - len(tracks)):
            track.created_at = BEGAN + timedelta(hours=place)
        Track.objects.bulk_update(tracks, ["created_at"])
        self._hear(tracks, vectors, labels)
        return tracks

    def _track(self, artist: int) -> Track:
        self.count += 1
        return Track(
            owner=self.owner, blob=self.blob, title=f"Song {self.count}", seconds=30.0,
            artist=f"Artist {artist}", state=Track.State.READY,
            sha256=hashlib.sha256(str(self.count).encode()).hexdigest(),
        )  # fmt: skip

    def _hear(self, tracks: list[Track], vectors: list[np.ndarray], labels: list[str]) -> None:
        key = PredictionModel.objects.able().key()
        references = [Reference(track=track, published_at=now()) for track in tracks]
        Reference.objects.bulk_create(references)
        CurrentReference.objects.bulk_create(
            CurrentReference(track=reference.track, reference=reference, models_key=key)
            for reference in references
        )
        PredictionSet.objects.bulk_create(
            PredictionSet(
                sha256=track.sha256, model=self.model, parameters_key="test", window=30.0,
                array=packed(np.zeros((1, 3))), label=label, confidence=0.7,
                vector=vector.astype("<f4").tobytes(),
            )
            for track, vector, label in zip(tracks, vectors, labels, strict=True)
        )  # fmt: skip

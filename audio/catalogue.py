"""The catalogue of pretrained files: what each is, whose, and how sure we are of that."""

from dataclasses import dataclass
from typing import Literal

Policy = Literal["when needed", "when asked"]

GITHUB = "https://raw.githubusercontent.com"
HUB = "https://huggingface.co/adefossez"


@dataclass(frozen=True)
class Weights:
    """What is known of one pretrained file.

    `sha256` and `size` (bytes) are None where nobody here has seen the file: the checksum is
    then recorded at the first fetch and held to. `certainty` says how sure we are of the
    licence; `policy` whether it is fetched when first needed or only when a person asks.
    `score` and `speed` are sentences: what was measured, on what, by whom.
    """

    name: str
    title: str
    file: str
    urls: tuple[str, ...]
    sha256: str | None
    size: int | None
    licence: str
    certainty: str
    used_by: tuple[str, ...]
    policy: Policy
    source: str
    score: str
    speed: str


def _demucs(name: str, title: str, repository: str, signature: str) -> Weights:
    """One model of the package `demucs`, as its author publishes it."""
    return Weights(
        name=name,
        title=title,
        file=f"{signature}.safetensors",
        urls=(f"{HUB}/{repository}/resolve/main/{signature}.safetensors",),
        sha256=None,
        size=None,
        licence="MIT, by its page",
        certainty="Not sure: the page says MIT since July 2026; its author had said before that "
        "the weights are for research. They were trained on MUSDB18, which is non-commercial.",
        used_by=(name.split("-")[0],),
        policy="when needed",
        source="Rouard, Massa, Defossez, ICASSP 2023, arXiv:2211.08553",
        score="Not measured here: nobody who wrote this has had the file.",
        speed="See docs/decisions/0018-separation-engine.md, by the same network's",
    )


_DEMUCS = (
    _demucs("htdemucs", "Demucs, four stems", "HTDemucs", "955717e8"),
    _demucs("htdemucs_6s", "Demucs, six stems", "HTDemucs-6s", "5c90dfd2"),
    _demucs("htdemucs_ft-drums", "Demucs, tuned for drums", "HTDemucs-ft", "f7e0c4bc"),
    _demucs("htdemucs_ft-bass", "Demucs, tuned for bass", "HTDemucs-ft", "d12395a8"),
    _demucs("htdemucs_ft-other", "Demucs, tuned for the rest", "HTDemucs-ft", "92cfc3b6"),
    _demucs("htdemucs_ft-vocals", "Demucs, tuned for vocals", "HTDemucs-ft", "04573f0d"),
)

CATALOGUE: dict[str, Weights] = {
    entry.name: entry
    for entry in (
        *_DEMUCS,
        Weights(
            name="convnet",
            title="Music convnet, 160 numbers a song",
            file="model_best.hdf5",
            urls=(
                f"{GITHUB}/keunwoochoi/transfer_learning_music/master/keras2_model/model_best.hdf5",
            ),
            sha256="b5042bd44de1fdd9d757b764d9246e6934f47c8bdc5c15bf13566495f3439d48",
            size=1_545_360,
            licence="none stated",
            certainty="The repository has no licence file, so all rights stay with its authors.",
            used_by=("genre-convnet", "genre-ensemble"),
            policy="when asked",
            source="Choi, Fazekas, Sandler, Cho, ISMIR 2017, arXiv:1703.09179",
            score="See the cards of the genre models. The port gives the authors' own numbers "
            "for 53 songs to within 2.3e-4.",
            speed="0.06 s of one core for 30 s of sound",
        ),
        Weights(
            name="tagger",
            title="Music tagger, 50 tags of Last.fm",
            file="music_tagger_crnn_weights_theano.h5",
            urls=(
                f"{GITHUB}/keunwoochoi/music-auto_tagging-keras/master/data/"
                "music_tagger_crnn_weights_theano.h5",
            ),
            sha256="783d8198417fd5d6ceee551dea5ec3e7f0210ec743af4819172b5c943044081c",
            size=1_649_664,
            licence="MIT, © 2016 Keunwoo Choi",
            certainty="Sure: the repository that holds the file has the licence.",
            used_by=("tags",),
            policy="when needed",
            source="Choi, Fazekas, Sandler, Cho, ICASSP 2017, arXiv:1609.04243",
            score="AUC 0.866 on the Million Song Dataset, by its authors.",
            speed="0.2 s of one core for 30 s of sound",
        ),
    )
}
"""All pretrained files, by name."""

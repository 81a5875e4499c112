"""Hybrid Transformer Demucs in bfloat16: the network of the package `demucs`, laid out for CPUs.

Sound travels as [frequencies, times, channels] (the time branch has one frequency), which is what
oneDNN multiplies fastest and what makes a convolution over one row, a normalisation of one row
and a linear layer need no copying. Products are bfloat16 with float32 sums inside; transforms,
statistics, normalisations and the transformer's running sum are float32.
"""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import scipy.fft
import torch
from demucs.htdemucs import HTDemucs
from demucs.transformer import (
    CrossTransformerEncoderLayer,
    create_2d_sin_embedding,
    create_sin_embedding,
)
from torch import Tensor
from torch.nn import functional

from audio import bfloat16, stopping

_QUERIES = 336  # whose scores against all keys stay in the processor's second cache
_TILED = 256


class Network:
    """A model of `demucs` made ready to run in bfloat16.

    Parameters
    ----------
    model : HTDemucs
        In evaluation mode; one that `fits`.
    sources : sequence of int
        Which of its sources to make.

    References
    ----------
    Rouard, Massa, Defossez, "Hybrid transformers for music source separation", ICASSP 2023;
    ``demucs/htdemucs.py`` and ``demucs/transformer.py``, whose equations these are.
    """

    def __init__(self, model: Any, sources: Sequence[int]) -> None:
        self.hop, self.count, self.channels = int(model.hop_length), len(sources), 2
        self.transform = SimpleNamespace(hop_length=self.hop, nfft=4 * self.hop, cac=True)
        kept = _channels(sources, 2 * self.channels), _channels(sources, self.channels)
        last = len(model.decoder) - 1
        self.encoders = [
            (_Encoder(spectral), _Encoder(temporal))
            for spectral, temporal in zip(model.encoder, model.tencoder, strict=True)
        ]
        self.decoders = [
            (
                _Decoder(spectral, kept[0] if number == last else None),
                _Decoder(temporal, kept[1] if number == last else None),
            )
            for number, (spectral, temporal) in enumerate(
                zip(model.decoder, model.tdecoder, strict=True)
            )
        ]
        self.transformer = _Transformer(model)
        self.embedding = _half(model.freq_emb.weight * model.freq_emb_scale)[:, None]

    def __call__(self, mix: Tensor) -> Tensor:
        """Split one segment.

        Parameters
        ----------
        mix : torch.Tensor [shape=(channels, n), dtype=float32]
            As long as the model was trained for.

        Returns
        -------
        torch.Tensor [shape=(sources, channels, n), dtype=float32]
        """
        spectrum = HTDemucs._spec(self.transform, mix[None])
        spectrum = HTDemucs._magnitude(self.transform, spectrum)[0]
        x, x_mean, x_std = _standard(spectrum)
        y, y_mean, y_std = _standard(mix)
        x, y = self._stems(x.permute(1, 2, 0).contiguous(), y.t().contiguous()[None])
        made = y[0].t().float().reshape(self.count, self.channels, -1) * y_std + y_mean
        return self._sound(x, x_mean, x_std, mix.shape[-1]).add_(made)

    def _stems(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """From mix to sources, in both branches."""
        skips, lengths = [], []
        for number, (spectral, temporal) in enumerate(self.encoders):
            stopping.check()
            lengths.append(y.shape[1])
            x, y = spectral(x), temporal(y)
            if number == 0:
                x = x + self.embedding
            skips.append((x, y))
        x, y = self.transformer(x, y)
        for spectral_, temporal_ in self.decoders:
            stopping.check()
            x_skip, y_skip = skips.pop()
            x, y = spectral_(x, x_skip, 0), temporal_(y, y_skip, lengths.pop())
        return x, y

    def _sound(self, x: Tensor, mean: Tensor, std: Tensor, length: int) -> Tensor:
        """Turn spectra [bins, times, 2 x channels] into sound: irfft, window, overlap-add.

        As ``HTDemucs._ispec``; under a Hann window of four hops the squares sum to 1.5.
        """
        hop, times = self.hop, x.shape[1]
        spectra = np.zeros((x.shape[2] // 2, times, 2 * hop + 1, 2), np.float32)
        bfloat16.frames(_bits(x), float(mean), float(std), spectra)
        pieces = scipy.fft.irfft(spectra.view(np.complex64)[..., 0], 4 * hop)
        parts = torch.from_numpy(pieces).view(-1, times, 4, hop)
        window = torch.hann_window(4 * hop).view(4, hop) * (2 * hop**0.5 / 1.5)
        out = torch.zeros(len(parts), times + 3, hop)
        for number in range(4):
            out[:, number : number + times].addcmul_(parts[:, :, number], window[number])
        start = hop // 2 * 3
        flat = out.view(self.count, self.channels, -1)
        return flat[..., start : start + length].contiguous()


def fits(model: Any) -> bool:
    """Whether a model is built of what `Network` knows: the published HTDemucs models are."""
    layers = [*model.encoder, *model.tencoder, *model.decoder, *model.tdecoder]
    plain = all(
        type(layer).__name__ in ("HEncLayer", "HDecLayer")
        and type(getattr(layer, "norm2", None)).__name__ == "Identity"
        and layer.rewrite is not None
        and layer.dconv is not None
        and not layer.empty
        for layer in layers
    )
    transformer = model.crosstransformer
    return bool(
        plain
        and model.cac
        and model.audio_channels == 2
        and model.freq_emb is not None
        and transformer is not None
        and transformer.emb == "sin"
        and transformer.sin_random_shift == 0
        and all(layer.norm_first for layer in transformer.layers)
    )


def _half(values: Tensor) -> Tensor:
    return values.detach().to(torch.bfloat16).contiguous()


def _bits(values: Tensor) -> Any:
    """The same memory, as numpy's 16-bit integers."""
    return values.view(torch.uint16).numpy()


def _numbers(values: Tensor) -> Any:
    return values.detach().float().contiguous().numpy()


def _image(rows: Tensor) -> Tensor:
    """[frequencies, times, channels] as convolutions see it, without copying."""
    return rows.permute(2, 0, 1).unsqueeze(0)


def _rows(image: Tensor) -> Tensor:
    return image.squeeze(0).permute(1, 2, 0).contiguous()


def _kernel(weight: Tensor, *, along_time: bool) -> Tensor:
    """Weights of a convolution, two-dimensional, with the channels last."""
    if weight.dim() == 3:
        weight = weight[:, :, None]
    elif along_time:
        raise ValueError("A kernel along time has one axis.")
    return weight.detach().to(torch.bfloat16).contiguous(memory_format=torch.channels_last)


def _channels(sources: Sequence[int], each: int) -> list[int]:
    return [source * each + number for source in sources for number in range(each)]


def _standard(values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    mean, std = values.mean(), values.std()
    return ((values - mean) / (1e-5 + std)).to(torch.bfloat16), mean, std


def _linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Over the last axis; flat, for oneDNN is slow on three axes."""
    flat = functional.linear(x.view(-1, x.shape[-1]), weight, bias)
    return flat.view(*x.shape[:-1], -1)


def _gated(z: Tensor) -> Tensor:
    half = z.shape[-1] // 2
    out = torch.empty(*z.shape[:-1], half, dtype=torch.bfloat16)
    bfloat16.glu(_bits(z).reshape(-1, 2 * half), _bits(out).reshape(-1, half))
    return out


class _Branch:
    """The two dilated convolutions that a layer adds to what it has (`demucs.demucs.DConv`)."""

    def __init__(self, module: Any) -> None:
        self.steps = []
        for narrow, norm, _, wide, norm_wide, _, scale in module.layers:
            tiles = -(-_TILED // len(narrow.weight))
            self.steps.append(
                (
                    (_kernel(narrow.weight, along_time=True), _half(narrow.bias)),
                    int(narrow.dilation[0]),
                    [np.tile(_numbers(part), tiles) for part in (norm.weight, norm.bias)],
                    (_half(wide.weight[:, :, 0]), _half(wide.bias)),
                    [_numbers(v) for v in (norm_wide.weight, norm_wide.bias, scale.scale)],
                )
            )

    def __call__(self, x: Tensor) -> Tensor:
        for narrow, dilation, norm, wide, norm_wide in self.steps:
            image = functional.conv2d(_image(x), *narrow, 1, (0, dilation), (1, dilation))
            hidden = _rows(image)
            bfloat16.norm_gelu(_bits(hidden).reshape(len(x), -1), *norm)
            z = _linear(hidden, *wide)
            bfloat16.norm_glu_add(_bits(z).reshape(len(x), -1), *norm_wide, _bits(x))
        return x


class _Encoder:
    """A convolution with a stride, its branch, and a gated mixing of the channels."""

    def __init__(self, module: Any) -> None:
        self.along_time = not module.freq
        self.stride, self.pad = int(module.stride), int(module.pad)
        self.conv = (
            _kernel(module.conv.weight, along_time=self.along_time),
            _half(module.conv.bias),
        )
        self.branch = _Branch(module.dconv)
        self.mixing = _half(module.rewrite.weight.flatten(1)), _half(module.rewrite.bias)

    def __call__(self, x: Tensor) -> Tensor:
        if self.along_time:
            x = functional.pad(x, (0, 0, 0, -x.shape[1] % self.stride))
        stride, pad = (
            _axis(self.stride, 1, along_time=self.along_time),
            _axis(self.pad, 0, along_time=self.along_time),
        )
        x = _rows(functional.conv2d(_image(x), *self.conv, stride, pad))
        return _gated(_linear(self.branch(functional.gelu(x)), *self.mixing))


class _Decoder:
    """The way back, with what the encoder had; `kept` are the channels wanted of the last."""

    def __init__(self, module: Any, kept: list[int] | None) -> None:
        self.along_time, self.is_last = not module.freq, bool(module.last)
        self.stride, self.pad = int(module.stride), int(module.pad)
        rewrite = _kernel(module.rewrite.weight, along_time=self.along_time)
        self.rewrite = rewrite, _half(module.rewrite.bias)
        self.around = tuple(size // 2 for size in rewrite.shape[2:])
        self.branch = _Branch(module.dconv)
        weight, bias = module.conv_tr.weight, module.conv_tr.bias
        if kept is not None:
            weight, bias = weight[:, kept], bias[kept]
        self.conv = _kernel(weight, along_time=self.along_time), _half(bias)

    def __call__(self, x: Tensor, skip: Tensor, length: int) -> Tensor:
        image = functional.conv2d(_image(x + skip), *self.rewrite, 1, self.around)
        x = self.branch(_gated(_rows(image)))
        stride = _axis(self.stride, 1, along_time=self.along_time)
        z = functional.conv_transpose2d(_image(x), *self.conv, stride)
        spare = slice(self.pad, self.pad + length)
        x = _rows(z[..., spare] if self.along_time else z[:, :, self.pad : -self.pad])
        return x if self.is_last else functional.gelu(x)


def _axis(size: int, rest: int, *, along_time: bool) -> tuple[int, int]:
    return (rest, size) if along_time else (size, rest)


class _Attention:
    """Scores of a few hundred queries at a time, so that they never leave the cache."""

    def __init__(self, module: Any) -> None:
        self.heads = int(module.num_heads)
        self.into = _half(module.in_proj_weight), _half(module.in_proj_bias)
        self.out = _half(module.out_proj.weight), _half(module.out_proj.bias)

    def __call__(self, x: Tensor, other: Tensor) -> Tensor:
        width = x.shape[1]
        weight, bias = self.into
        q = self._heads(functional.linear(x, weight[:width], bias[:width]), 1)[0]
        k, v = self._heads(functional.linear(other, weight[width:], bias[width:]), 2)
        made = torch.empty(len(x), self.heads, width // self.heads, dtype=torch.bfloat16)
        scores = torch.empty(_QUERIES, len(other), dtype=torch.bfloat16)
        for head in range(self.heads):
            for start in range(0, len(x), _QUERIES):
                queries = q[head, start : start + _QUERIES]
                out = made[start : start + _QUERIES, head]
                out.copy_(_attended(queries, k[head], v[head], scores[: len(queries)]))
        return functional.linear(made.view(len(x), width), *self.out)

    def _heads(self, x: Tensor, parts: int) -> Tensor:
        """[n, parts x width] as [parts, heads, n, width / heads]."""
        return x.view(len(x), parts, self.heads, -1).permute(1, 2, 0, 3).contiguous()


def _attended(queries: Tensor, keys: Tensor, values: Tensor, scores: Tensor) -> Tensor:
    """softmax(Q K' / sqrt(d)) V; divided by the sums last, where there is less to divide."""
    sums = np.empty(len(queries), np.float32)
    torch.mm(queries, keys.t(), out=scores)
    bfloat16.softmax(_bits(scores), np.float32(queries.shape[1] ** -0.5), sums)
    return torch.mm(scores, values) / torch.from_numpy(sums)[:, None]


class _Layer:
    """One layer of one branch: attention to itself or to the other branch, then two products."""

    def __init__(self, module: Any) -> None:
        self.crosses = isinstance(module, CrossTransformerEncoderLayer)
        self.attention = _Attention(module.cross_attn if self.crosses else module.self_attn)
        self.norm, self.norm_other = module.norm1, module.norm2
        self.norm_inner = module.norm3 if self.crosses else module.norm2
        self.first = _half(module.linear1.weight), _half(module.linear1.bias)
        self.second = _half(module.linear2.weight), _half(module.linear2.bias)
        self.scales = [getattr(gamma, "scale", 1.0) for gamma in (module.gamma_1, module.gamma_2)]
        self.norm_out = module.norm_out

    def __call__(self, x: Tensor, other: Tensor) -> Tensor:
        query = self.norm(x).to(torch.bfloat16)
        key = self.norm_other(other).to(torch.bfloat16) if self.crosses else query
        x = x + self.attention(query, key).float() * self.scales[0]
        inner = self.norm_inner(x).to(torch.bfloat16)
        inner = functional.gelu(functional.linear(inner, *self.first))
        x = x + functional.linear(inner, *self.second).float() * self.scales[1]
        return x if self.norm_out is None else self.norm_out(x[None])[0]


class _Transformer:
    """Both branches as tokens of equal width, which hear each other."""

    def __init__(self, model: Any) -> None:
        module = model.crosstransformer
        self.norms = module.norm_in, module.norm_in_t
        self.period, self.share = float(module.max_period), float(module.weight_pos_embed)
        self.up = self.down = None
        if model.bottom_channels:
            self.up = _mixing(model.channel_upsampler), _mixing(model.channel_upsampler_t)
            self.down = _mixing(model.channel_downsampler), _mixing(model.channel_downsampler_t)
        self.layers = [
            (_Layer(spectral), _Layer(temporal))
            for spectral, temporal in zip(module.layers, module.layers_t, strict=True)
        ]

    def __call__(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        bins, times, width = x.shape
        x, y = x.transpose(0, 1).reshape(-1, width), y[0]
        if self.up:
            x, y = functional.linear(x, *self.up[0]), functional.linear(y, *self.up[1])
        x = self.norms[0](x.float()) + self._places(bins, times, x.shape[1])
        y = self.norms[1](y.float()) + self._times(*y.shape)
        for spectral, temporal in self.layers:
            stopping.check()
            x, y = spectral(x, y), temporal(y, x)
        x, y = x.to(torch.bfloat16), y.to(torch.bfloat16)
        if self.down:
            x, y = functional.linear(x, *self.down[0]), functional.linear(y, *self.down[1])
        return x.view(times, bins, width).transpose(0, 1).contiguous(), y[None]

    def _places(self, bins: int, times: int, width: int) -> Tensor:
        embedding = create_2d_sin_embedding(width, bins, times, max_period=self.period)
        flat: Tensor = embedding[0].permute(2, 1, 0).reshape(-1, width)
        return flat * self.share

    def _times(self, times: int, width: int) -> Tensor:
        embedding = create_sin_embedding(times, width, max_period=self.period)
        return embedding[:, 0] * self.share


def _mixing(module: Any) -> tuple[Tensor, Tensor]:
    return _half(module.weight[:, :, 0]), _half(module.bias)

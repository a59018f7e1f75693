"""The one door to ONNX models: open by name, check the digest first, run.

Only this file imports onnxruntime. The manifest (`models/manifest.toml`) names every model; a
file that is missing or differs by one byte is not opened. Nothing is ever downloaded from here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from hotspot_kiosk.errors import BadSample, ConfigError, ModelError

REMEDY = "run `make models`"
UNLOADABLE = (ort_errors.Fail, ort_errors.InvalidGraph, ort_errors.InvalidProtobuf, ort_errors.NotImplemented)


class Origin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a file comes from: one member of one pinned archive of a package registry.

    `archive` is the archive's file name, `size` its bytes; digests are SHA-256 in hex.
    """

    package: str
    archive: str
    size: int
    sha256: str
    member: str
    member_sha256: str


class Tensor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One input or output: its name, its shape (a word for a free dimension) and its meaning."""

    name: str
    shape: tuple[int | str, ...]
    meaning: str


class ScoreThreshold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A comparison score from which on a pair counts as a match, and what that was measured to do."""

    fmr: float
    score: float
    tar: float
    source: str


class Fitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `compare.port.Calibration`, as fitted on the data that `source` names."""

    slope: float
    offset: float
    limit: float
    source: str


class Doubt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a model's estimates were wrong, in years, on the data that `source` names.

    mean: mean absolute error; too_high: one estimate in twenty exceeded the truth by more than this.
    """

    mean: float
    too_high: float
    source: str


class ModelEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model of the manifest. `recipe` says how the file is made from its origin.

    origin: the package it comes from; or own: for a model of ours, the file of coefficients beside the manifest.
    """

    name: str
    role: str
    file: str
    sha256: str
    licence: str
    recipe: str
    preprocessing: str
    input: tuple[Tensor, ...]
    output: tuple[Tensor, ...]
    card: str
    origin: Origin | None = None
    own: str = ""
    thresholds: tuple[ScoreThreshold, ...] = ()
    calibration: Fitted | None = None
    doubt: Doubt | None = None

    def __post_init__(self) -> None:
        if (self.origin is None) == (not self.own):
            raise ValueError(f"model {self.name} needs either an origin or own coefficients")


class PictureEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A freely usable portrait for the demo and the tests. `licence` quotes who says so."""

    name: str
    file: str
    shows: str
    licence: str
    origin: Origin


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything `models/manifest.toml` says."""

    model: tuple[ModelEntry, ...]
    picture: tuple[PictureEntry, ...] = ()


def read_manifest(path: Path) -> Manifest:
    """The manifest at `path`. Raises ConfigError if it is missing or not understood."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Manifest)
    except OSError as error:
        raise ConfigError(f"the model manifest {path} cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise ConfigError(f"the model manifest {path} is not understood: {error}") from error


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class DetectedFace:
    """Where a face is: box (left, top, right, bottom) and five points, in pixels of the picture.

    Points, float32 (5, 2) as x, y: the eye further left in the picture, the other eye, nose tip, the mouth's
    corners, left one first. They may lie outside the picture where a face does. `score` is 0 to 1.
    """

    box: tuple[float, float, float, float]
    score: float
    landmarks: NDArray[np.float32] = field(repr=False)

    @property
    def width(self) -> float:
        """Of the box, in pixels."""
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        """Of the box, in pixels."""
        return self.box[3] - self.box[1]


def check_pixels(pixels: NDArray[np.uint8]) -> None:
    """Refuse anything but an RGB picture, uint8 (height, width, 3), with BadSample."""
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or min(pixels.shape) < 1:
        raise BadSample("a face is looked for in 8-bit pictures with three colour channels only")


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded network with one input: float32 array in, list of float32 arrays out."""

    name: str
    _run: Callable[[NDArray[np.float32]], list[NDArray[np.float32]]] = field(repr=False)

    def run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """The outputs for one input array, in the manifest's order."""
        return self._run(array)


class ModelShelf:
    """The models of one manifest, kept in one folder, each run on `threads` threads.

    Raises ConfigError if the manifest is unusable.
    """

    def __init__(self, manifest: Path, folder: Path, threads: int = 2) -> None:
        self._folder = folder
        self._threads = threads
        self._entries = {entry.name: entry for entry in read_manifest(manifest).model}

    def entry(self, name: str) -> ModelEntry:
        """What the manifest says about a model. Raises ModelError if it does not name it."""
        if name not in self._entries:
            known = ", ".join(sorted(self._entries)) or "none"
            raise ModelError(f"the model manifest does not name {name!r}; it names: {known}")
        return self._entries[name]

    def of_role(self, role: str) -> tuple[ModelEntry, ...]:
        """Every model that the manifest names for a role."""
        return tuple(entry for entry in self._entries.values() if entry.role == role)

    def open(self, name: str) -> Model:
        """The model, loaded from the very bytes that were checked.

        Raises ModelError if it is unknown, missing or altered.
        """
        session = _session(_checked_bytes(self._folder, self.entry(name)), name, self._threads)
        source = session.get_inputs()[0].name
        return Model(name, lambda array: session.run(None, {source: array}))


def _checked_bytes(folder: Path, entry: ModelEntry) -> bytes:
    path = folder / entry.file
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"the model file {path} cannot be read ({error.strerror}): {REMEDY}") from error
    if digest(data) != entry.sha256:
        raise ModelError(f"the model file {path} is not the one the manifest names: {REMEDY}")
    return data


def _session(data: bytes, name: str, threads: int) -> ort.InferenceSession:
    """A CPU session that sleeps while idle: a waiting kiosk must not burn its cores."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")
    options.enable_cpu_mem_arena = (
        False  # it holds a quarter more memory than is used, and saves no time that shows
    )
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except UNLOADABLE as error:
        raise ModelError(f"the model {name} cannot be loaded by this onnxruntime: {error}") from error

"""A utility model from its coefficients to ONNX: standardise, clip, one hidden layer. The same in, the same out.

The coefficients are a text (`face_utility.toml`, `finger_utility.toml`) written by a training script; this file trains nothing.
"""

from __future__ import annotations

import msgspec
import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from onnx import TensorProto, helper, numpy_helper

from hotspot_kiosk.errors import BadBytes

DIGITS = 5
FACE_AUTHOR = "models.face_utility_train`; measures: hotspot_kiosk/inference/face_measures.py"


class Coefficients(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """n measures, h hidden units: centre, spread (n), inner (n, h), shift, outer (h), base; clip in spreads."""

    clip: float
    base: float
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    shift: tuple[float, ...]
    outer: tuple[float, ...]
    inner: tuple[tuple[float, ...], ...]
    source: str = ""

    def __post_init__(self) -> None:
        measures, hidden = len(self.centre), len(self.shift)
        shapes_fit = len(self.spread) == len(self.inner) == measures and len(self.outer) == hidden
        if not (measures and hidden and shapes_fit and {len(row) for row in self.inner} == {hidden}):
            raise ValueError("the coefficients' shapes do not fit each other")

    @classmethod
    def rounded(
        cls,
        centre: ArrayLike,
        spread: ArrayLike,
        clip: float,
        inner: ArrayLike,
        shift: ArrayLike,
        outer: ArrayLike,
        base: float,
    ) -> Coefficients:
        """Coefficients to as many digits as they are worth."""

        def vector(values: ArrayLike) -> tuple[float, ...]:
            return tuple(_short(value) for value in np.ravel(values))

        rows = tuple(vector(row) for row in np.asarray(inner))
        return cls(clip, _short(base), vector(centre), vector(spread), vector(shift), vector(outer), rows)


def _short(value: float) -> float:
    return float(f"{float(value):.{DIGITS}g}")


def write(coefficients: Coefficients, source: str, author: str = FACE_AUTHOR) -> str:
    """The text of the coefficients' file."""
    vectors = {name: _list(getattr(coefficients, name)) for name in ("centre", "spread", "shift", "outer")}
    rows = ",\n".join(f"    {_list(row)}" for row in coefficients.inner)
    lines = [
        f"# Written by `python -m {author}",
        f'source = "{source}"',
        f"clip = {coefficients.clip}",
        f"base = {coefficients.base}",
        *(f"{name} = {values}" for name, values in vectors.items()),
        f"inner = [\n{rows},\n]",
    ]
    return "\n".join(lines) + "\n"


def _list(values: tuple[float, ...]) -> str:
    return f"[{', '.join(map(str, values))}]"


def convert(data: bytes, name: str = "face-utility", output: str = "distance") -> bytes:
    """ONNX bytes for the coefficients' text. Input `measures` float32 (N, n), output (`distance`) float32 (N, 1).

    Raises BadBytes if the text is not understood.
    """
    try:
        found = msgspec.toml.decode(data, type=Coefficients)
    except msgspec.DecodeError as error:
        raise BadBytes(f"the coefficients are not understood: {error}") from None
    constants = {
        "centre": np.array(found.centre),
        "spread": np.array(found.spread),
        "least": np.array(-found.clip),
        "most": np.array(found.clip),
        "inner": np.array(found.inner),
        "shift": np.array(found.shift),
        "outer": np.array(found.outer)[:, None],
        "base": np.array([found.base]),
    }
    steps = [
        ("Sub", ["measures", "centre"], "moved"),
        ("Div", ["moved", "spread"], "scaled"),
        ("Clip", ["scaled", "least", "most"], "clipped"),
        ("MatMul", ["clipped", "inner"], "mixed"),
        ("Add", ["mixed", "shift"], "shifted"),
        ("Tanh", ["shifted"], "hidden"),
        ("MatMul", ["hidden", "outer"], "summed"),
        ("Add", ["summed", "base"], output),
    ]
    model = _model(name, steps, constants, len(found.centre))
    onnx.checker.check_model(model)
    converted: bytes = model.SerializeToString(deterministic=True)
    return converted


def _model(
    name: str,
    steps: list[tuple[str, list[str], str]],
    constants: dict[str, NDArray[np.float64]],
    measures: int,
) -> onnx.ModelProto:
    graph = helper.make_graph(
        [helper.make_node(kind, sources, [result], name=result) for kind, sources, result in steps],
        name,
        [helper.make_tensor_value_info("measures", TensorProto.FLOAT, ["N", measures])],
        [helper.make_tensor_value_info(steps[-1][2], TensorProto.FLOAT, ["N", 1])],
        [numpy_helper.from_array(value.astype(np.float32), key) for key, value in constants.items()],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="hotspot-kiosk"
    )
    model.ir_version = 8
    return model

"""dlib's face ResNet (29 convolutions, 128-d) from its `.dat` file to ONNX, with numpy and onnx alone.

The file holds the layers from the input on; each layer's parameters are one tensor whose size the
architecture fixes, so the tensors are found by their exact headers, in order, and nothing is guessed.
Architecture: `anet_type` of dlib's dnn_face_recognition_ex.cpp. It may not train, tune or round anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from hotspot_kiosk.errors import BadBytes

CHIP = 150
SIZE = 128
FORMAT_VERSION = 2
# Residual blocks from input to output: (channels, halves the resolution).
BLOCKS = (
    *((32, False),) * 3,
    (64, True),
    *((64, False),) * 3,
    (128, True),
    *((128, False),) * 2,
    (256, True),
    *((256, False),) * 2,
    (256, True),
)


def convert(data: bytes) -> bytes:
    """ONNX bytes for dlib's bytes: the same in, the same out, to the last bit.

    Input `input` float32 (N, 3, 150, 150), output `embedding` float32 (N, 128).
    Raises BadBytes if the data does not hold exactly this network.
    """
    network = _Network(_Reader(data))
    network.stem()
    for channels, halves in BLOCKS:
        network.block(channels, halves)
    network.head()
    converted: bytes = network.model().SerializeToString(deterministic=True)
    return converted


def _packed(number: int) -> bytes:
    """An integer as dlib writes it: a byte that counts the bytes that follow, little endian."""
    body = number.to_bytes((number.bit_length() + 7) // 8, "little")
    return bytes([len(body)]) + body


@dataclass
class _Reader:
    """Takes parameter tensors out of the file in order."""

    data: bytes
    at: int = 0

    def take(self, rows: int, columns: int = 1) -> NDArray[np.float32]:
        """The next tensor of exactly this size."""
        shape = (rows, columns, 1, 1)
        header = b"".join(_packed(number) for number in (FORMAT_VERSION, *shape))
        start = self.data.find(header, self.at)
        end = start + len(header) + 4 * rows * columns
        if start < 0 or end > len(self.data):
            raise BadBytes(f"not dlib's face network: no tensor of {rows} x {columns} after byte {self.at}")
        self.at = end
        values = np.frombuffer(self.data, "<f4", rows * columns, start + len(header))
        if not np.isfinite(values).all():
            raise BadBytes("not dlib's face network: a tensor holds values that are not numbers")
        return values.astype(np.float32)


@dataclass
class _Network:
    """The graph under construction; `flow` is the last output, `channels` and `side` its shape."""

    reader: _Reader
    flow: str = "input"
    channels: int = 3
    side: int = CHIP
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[onnx.TensorProto] = field(default_factory=list)

    def stem(self) -> None:
        """The first convolution and its pooling: 150 -> 72 -> 35."""
        self.flow = self._convolution(self.flow, 32, kernel=7, stride=2, padding=0, relu=True)
        self.flow = self._node("MaxPool", [self.flow], kernel_shape=[3, 3], strides=[2, 2])
        self.channels, self.side = 32, ((CHIP - 7) // 2 + 1 - 3) // 2 + 1

    def block(self, channels: int, halves: bool) -> None:
        """One residual block; dlib pads the smaller summand with zeros, in channels and in size."""
        stride, padding = (2, 0) if halves else (1, 1)
        body = self._convolution(self.flow, channels, 3, stride, padding, relu=True)
        entered, self.channels = self.channels, channels
        body = self._convolution(body, channels, 3, 1, 1, relu=False)
        if halves:
            body, self.flow = self._halved(body, self.flow, channels - entered)
        self.flow = self._node("Relu", [self._node("Add", [body, self.flow])])

    def head(self) -> None:
        """Mean over the picture, then one matrix without bias."""
        mean = self._node("Flatten", [self._node("GlobalAveragePool", [self.flow])])
        matrix = self._weight("matrix", self.reader.take(self.channels, SIZE).reshape(self.channels, SIZE))
        self.nodes.append(helper.make_node("MatMul", [mean, matrix], ["embedding"]))

    def model(self) -> onnx.ModelProto:
        """The finished model, checked by onnx."""
        source = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, CHIP, CHIP])
        target = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["N", SIZE])
        graph = helper.make_graph(self.nodes, "dlib_face_resnet_v1", [source], [target], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        return model

    def _halved(self, body: str, shortcut: str, more_channels: int) -> tuple[str, str]:
        pooled = self._node("AveragePool", [shortcut], kernel_shape=[2, 2], strides=[2, 2])
        body_side, pooled_side = (self.side - 3) // 2 + 1, (self.side - 2) // 2 + 1
        self.side = max(body_side, pooled_side)
        pooled = self._padded(pooled, more_channels, self.side - pooled_side)
        return self._padded(body, 0, self.side - body_side), pooled

    def _convolution(
        self, source: str, channels: int, kernel: int, stride: int, padding: int, relu: bool
    ) -> str:
        """A convolution with dlib's affine layer (gamma, beta) folded into it."""
        count = channels * self.channels * kernel * kernel
        values, affine = self.reader.take(count + channels), self.reader.take(2 * channels)
        gamma, beta = affine[:channels], affine[channels:]
        filters = values[:count].reshape(channels, self.channels, kernel, kernel)
        number = len(self.nodes)
        names = [
            self._weight(f"filters{number}", filters * gamma[:, None, None, None]),
            self._weight(f"bias{number}", values[count:] * gamma + beta),
        ]
        shape = {"kernel_shape": [kernel] * 2, "strides": [stride] * 2, "pads": [padding] * 4}
        output = self._node("Conv", [source, *names], **shape)
        return self._node("Relu", [output]) if relu else output

    def _padded(self, source: str, channels: int, rows: int) -> str:
        if not channels and not rows:
            return source
        amounts = np.array([0, 0, 0, 0, 0, channels, rows, rows], np.int64)
        name = f"padding{len(self.nodes)}"
        self.weights.append(numpy_helper.from_array(amounts, name))
        return self._node("Pad", [source, name])

    def _weight(self, name: str, values: NDArray[np.float32]) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))
        return name

    def _node(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        output = f"step{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

"""CenterFace as published (ten pictures of 32 x 32, by its header) to any size of picture.

Two edits of the graph's header, none of its weights: the first four dimensions become free, and weights are
no longer declared as inputs, so that a runtime may fold them (batch normalisation into convolutions).
"""

from __future__ import annotations

import onnx

from hotspot_kiosk.errors import BadBytes

INPUT_SHAPE = (1, 3, "height", "width")
ROWS, COLUMNS = "height/4", "width/4"
OUTPUTS = {"537": ("heatmap", 1), "538": ("scale", 2), "539": ("offset", 2), "540": ("landmarks", 10)}


def convert(data: bytes) -> bytes:
    """ONNX bytes with free height and width: the same in, the same out.

    Raises BadBytes if the graph is not CenterFace's. That it is ONNX at all, its digest has shown before.
    """
    model = onnx.load_model_from_string(data)
    graph = model.graph
    if {output.name for output in graph.output} != set(OUTPUTS):
        raise BadBytes("not the CenterFace graph: it has other outputs")
    _keep_true_inputs(graph)
    _set_shape(graph.input[0], INPUT_SHAPE)
    for output in graph.output:
        _set_shape(output, (1, OUTPUTS[output.name][1], ROWS, COLUMNS))
    del graph.value_info[:]
    onnx.checker.check_model(model)
    converted: bytes = model.SerializeToString(deterministic=True)
    return converted


def _keep_true_inputs(graph: onnx.GraphProto) -> None:
    weights = {weight.name for weight in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    if len(inputs) != 1:
        raise BadBytes("not the CenterFace graph: it has other inputs")
    del graph.input[:]
    graph.input.extend(inputs)


def _set_shape(value: onnx.ValueInfoProto, shape: tuple[int | str, ...]) -> None:
    for dimension, length in zip(value.type.tensor_type.shape.dim, shape, strict=True):
        if isinstance(length, str):
            dimension.dim_param = length
        else:
            dimension.dim_value = length

"""Modules to ONNX files with float16 weights, which whoever loads them turns back into float32.

Weights are stored as float16 and widened by a `Cast` in the graph: ONNX Runtime does that once, when it loads, and computes in
float32. So the file is half as large, and nothing is lost where the weights were float16 already, as the bundled ones are.
"""

import contextlib
import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stemlab.browser.graphs import Graph

OPSET = 18
SMALL = 1024  # numbers: what has fewer stays float32


def write_onnx(module: Graph, example: dict[str, torch.Tensor], path: Path, half: bool = True) -> int:
    """Write one of `stemlab.browser.graphs` as ONNX; one file, with no data outside of it.

    Args:
        module: with `inputs` (names of its arguments and of their axes of any length) and `outputs`.
        example: arguments by name.
        path: of the file.
        half: store large weights as float16.
    Returns:
        bytes written.
    """
    import onnx

    axes = {name: {i: axis for i, axis in enumerate(told) if axis} for name, told in module.inputs.items()}
    torch.onnx.register_custom_op_symbolic("aten::rms_norm", _rms_norm, OPSET)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracer takes constants for what is constant here, and says so
        torch.onnx.export(
            module.eval(), tuple(example[name] for name in axes), path, dynamo=False, opset_version=OPSET,
            input_names=list(axes), output_names=list(module.outputs), dynamic_axes=axes,
        )  # fmt: skip
    model = onnx.load(path)
    for output in model.graph.output:
        for i, axis in enumerate(output.type.tensor_type.shape.dim):
            axis.dim_param = f"{output.name}_{i}"  # the tracer takes some lengths of its example for fixed ones
    rename(model)
    if half:
        halve(model)
    onnx.checker.check_model(model)
    return path.write_bytes(model.SerializeToString())


def _rms_norm(graph, x, shape, weight, eps):
    """`x / sqrt(mean(x^2) + eps) * weight` in ONNX's own nodes: this opset has no node for it."""
    constant = lambda value: graph.op("Constant", value_t=value)  # noqa: E731
    power = graph.op("Mul", x, x)
    mean = graph.op("ReduceMean", power, constant(torch.tensor([-1])), keepdims_i=1)
    return graph.op("Mul", graph.op("Div", x, graph.op("Sqrt", graph.op("Add", mean, eps))), weight)


def rename(model: Any) -> None:
    """Short names for all between inputs and outputs: the tracer's tell whole paths, 300 kB of them."""
    kept = {value.name for value in [*model.graph.input, *model.graph.output]}
    short: dict[str, str] = {name: name for name in ["", *kept]}
    for tensor in model.graph.initializer:
        tensor.name = short.setdefault(tensor.name, f"w{len(short)}")
    for node in model.graph.node:
        node.ClearField("name")
        for names in (node.input, node.output):
            names[:] = [short.setdefault(name, f"t{len(short)}") for name in names]


def halve(model: Any) -> None:
    """Store the large float32 weights of a graph as float16, each with a `Cast` back to float32."""
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < SMALL:
            continue
        name, narrow = tensor.name, values.astype(np.float16)
        if not np.isfinite(narrow).all():
            raise ValueError(f"weights: {name} holds numbers beyond float16; give half=False, for files twice as large")
        tensor.CopyFrom(numpy_helper.from_array(narrow, f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    for node in reversed(casts):
        model.graph.node.insert(0, node)

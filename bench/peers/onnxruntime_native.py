"""ONNX Runtime on this processor: onnxruntime_native.py FOLDER float|int8|uint8"""

import collections
import json
import pathlib
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
import peer

folder, kind = pathlib.Path(sys.argv[1]), sys.argv[2]
in_bytes = kind != "float"
onnxruntime.set_default_logger_severity(3)


def open_session(path, optimized):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.optimized_model_filepath = optimized
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def open_model():
    """The session and the operators that it really runs."""
    with tempfile.TemporaryDirectory() as temporary:
        optimized = f"{temporary}/optimized.onnx"
        session = open_session(str(folder / f"{kind}.onnx"), optimized)
        nodes = onnx.load(optimized).graph.node
        return session, dict(collections.Counter(node.op_type for node in nodes))


session, operators = open_model()
if in_bytes:
    in_float = {"Conv", "FusedConv", "Gemm", "FusedGemm", "MatMul", "QuantizeLinear", "DequantizeLinear"}
    assert not in_float & operators.keys(), f"not all 8-bit: {operators}"

net = json.loads((folder / "net.json").read_text())
x = np.fromfile(folder / "x.bin", np.float32).reshape(1, *net["input"])
if in_bytes:
    ends = json.loads((folder / f"{kind}.json").read_text())
    scale, zero = ends["x"]
    x = np.clip(np.round(x / scale) + zero, 0, 255).astype(np.uint8)
if x.ndim == 4 and session.get_inputs()[0].shape != list(x.shape):
    x = np.ascontiguousarray(x.transpose(0, 3, 1, 2))


def run():
    return session.run(None, {"x": x})[0]


def output():
    y = run()
    if in_bytes:
        scale, zero = ends["y"]
        y = (y.astype(np.float32) - zero) * scale
    by_plane = y.ndim == 4 and y.shape[1:] != tuple(net["layers"][-1]["to"])
    return y.transpose(0, 2, 3, 1) if by_plane else y


about = {"name": "ONNX Runtime", "version": onnxruntime.__version__, "operators": operators}
peer.serve(about, run, output)

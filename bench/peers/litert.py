"""LiteRT with XNNPACK on this processor: litert.py FOLDER float|int8"""

import importlib.metadata
import json
import pathlib
import sys

import numpy as np
import peer
from ai_edge_litert.interpreter import Interpreter

folder, kind = pathlib.Path(sys.argv[1]), sys.argv[2]
interpreter = Interpreter(model_path=str(folder / f"{kind}.tflite"), num_threads=1)
interpreter.allocate_tensors()
source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
expected = np.int8 if kind == "int8" else np.float32
assert source["dtype"] == target["dtype"] == expected, "not of the type asked for"

net = json.loads((folder / "net.json").read_text())
x = np.fromfile(folder / "x.bin", np.float32).reshape(1, *net["input"])
if kind == "int8":
    scale, zero = source["quantization"]
    x = np.clip(np.round(x / scale) + zero, -128, 127).astype(np.int8)
interpreter.set_tensor(source["index"], x)


def run():
    interpreter.invoke()
    return interpreter.get_tensor(target["index"])


def output():
    y = run()
    if kind == "int8":
        scale, zero = target["quantization"]
        y = (y.astype(np.float32) - zero) * scale
    return y


about = {"name": "LiteRT", "version": importlib.metadata.version("ai-edge-litert")}
peer.serve(about, run, output)

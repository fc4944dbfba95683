"""Larq Compute Engine on this processor: larq_engine.py FOLDER. Its fast kernels are for Arm."""

import importlib.metadata
import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import peer
from larq_compute_engine.tflite.python.interpreter import Interpreter

folder = pathlib.Path(sys.argv[1])
interpreter = Interpreter((folder / "larq.tflite").read_bytes(), num_threads=1)
net = json.loads((folder / "net.json").read_text())
x = np.fromfile(folder / "x.bin", np.float32).reshape(1, *net["input"])


def run():
    return interpreter.predict(x)


about = {"name": "Larq Compute Engine", "version": importlib.metadata.version("larq-compute-engine")}
peer.serve(about, run, run)

#!/usr/bin/env bash
# Installs what bench:peers compares with, all of it under this folder and ignored by git:
#   .venv/onnx        ONNX Runtime, LiteRT (XNNPACK)
#   .venv/tensorflow  TensorFlow (writes the .tflite models), Larq Compute Engine
#   node_modules      ONNX Runtime web, TensorFlow.js wasm
# Needs python3 (3.8 to 3.11 for the second) with venv, and npm. About 1.5 GB.
set -euo pipefail
cd "$(dirname "$0")"

python="${PYTHON:-python3}"
"$python" -m venv .venv/onnx
.venv/onnx/bin/pip install --quiet --requirement requirements-onnx.txt
"$python" -m venv .venv/tensorflow
.venv/tensorflow/bin/pip install --quiet --requirement requirements-tensorflow.txt
npm install --no-audit --no-fund --ignore-scripts --no-package-lock

"""Writes the networks that make_onnx.py made as TensorFlow Lite models, into the same folders:

    float.tflite   f32, bias, ReLU
    int8.tflite    quantized by TensorFlow's converter; 8-bit in and out
    larq.tflite    signs between the layers, by the converter of Larq Compute Engine. Dense layers
                   are 1x1 convolutions, the only binary ones it has; images are padded with 1.

Usage: make_tflite.py OUT
"""

import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import larq
import larq_compute_engine
import numpy as np
import tensorflow as tf

keras = tf.keras


def with_weights(folder, layers):
    """The layers with their float weights, in the order of the file."""
    weights = np.fromfile(folder / "weights.bin", np.float32)
    at = 0
    for layer in layers:
        if layer["op"] == "pool":
            yield layer
            continue
        kernel = layer.get("kernel")
        shape = ([kernel, kernel] if kernel else []) + [layer["from"][-1], layer["channels"]]
        size = int(np.prod(shape))
        bias = weights[at + size : at + size + layer["channels"]]
        yield {**layer, "weights": weights[at : at + size].reshape(shape), "bias": bias}
        at += size + layer["channels"]


def float_model(net, layers):
    value = inputs = keras.Input(net["input"], batch_size=1)
    for index, layer in enumerate(layers):
        activation = "relu" if index < len(layers) - 1 or len(layers) == 1 else None
        if layer["op"] == "pool":
            value = keras.layers.MaxPool2D()(value)
            continue
        if layer["op"] == "conv":
            made = keras.layers.Conv2D(
                layer["channels"], layer["kernel"], padding="same", activation=activation
            )
        else:
            if len(value.shape) == 4:
                value = keras.layers.Flatten()(value)
            made = keras.layers.Dense(layer["channels"], activation=activation)
        value = made(value)
        made.set_weights([layer["weights"], layer["bias"]])
    return keras.Model(inputs, value)


def binary_model(net, layers):
    value = inputs = keras.Input(net["input"], batch_size=1)
    for index, layer in enumerate(layers):
        if layer["op"] == "pool":
            continue
        weights, kernel = layer["weights"], layer.get("kernel", 1)
        if layer["op"] == "dense":
            if value.shape[1:3] != (1, 1):
                value = keras.layers.Reshape((1, 1, layer["from"][0]))(value)
            weights = weights[None, None]
        made = larq.layers.QuantConv2D(
            layer["channels"],
            kernel,
            padding="same",
            pad_values=1.0 if kernel > 1 else 0.0,
            input_quantizer=None if index == 0 and len(layers) > 1 else "ste_sign",
            kernel_quantizer="ste_sign",
            use_bias=False,
        )
        value = made(value)
        made.set_weights([np.sign(weights)])
        if index + 1 < len(layers) and layers[index + 1]["op"] == "pool":
            value = keras.layers.MaxPool2D()(value)
        scale = np.abs(weights).max()
        norm = keras.layers.BatchNormalization(epsilon=0)
        value = norm(value)
        norm.set_weights(
            [np.full_like(layer["bias"], value) for value in (scale, 0, 0.5, 1)]
        )
    return keras.Model(inputs, value)


def samples(net):
    random = np.random.default_rng(2)
    for _ in range(8):
        yield [random.standard_normal([1, *net["input"]]).astype(np.float32)]


def write(folder):
    net = json.loads((folder / "net.json").read_text())
    layers = list(with_weights(folder, net["layers"]))
    model = float_model(net, layers)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    (folder / "float.tflite").write_bytes(converter.convert())
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: samples(net)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    (folder / "int8.tflite").write_bytes(converter.convert())
    binary = binary_model(net, layers)
    (folder / "larq.tflite").write_bytes(larq_compute_engine.convert_keras_model(binary))
    keras.backend.clear_session()


if __name__ == "__main__":
    for each in sorted(pathlib.Path(sys.argv[1]).glob("*/net.json")):
        if "file" not in json.loads(each.read_text()):
            write(each.parent)

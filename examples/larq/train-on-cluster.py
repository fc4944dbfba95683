"""Trains a model of binarynet/bnn on with Larq, on several devices or machines.

    pip install larq "tensorflow<2.16"
    python examples/larq/train-on-cluster.py --data <folder with MNIST's four .gz files> \
        --model out/here.h5 --out out/cluster.h5

On one machine it uses all its GPUs, or its processor as `--devices` devices. On several, start it on
each with TF_CONFIG in the environment, which names the machines (TensorFlow's guide "Distributed
training with Keras"); the first one writes the model.
"""

import argparse
import gzip
import json
import os
import pathlib
import shutil
import tempfile

import larq  # noqa: F401: registers the layers
import numpy as np
import tensorflow as tf


def read(folder, part, kind, header):
    path = pathlib.Path(folder) / f"{part}-{kind}-ubyte.gz"
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)


def batches(folder, part, size):
    images = read(folder, part, "images-idx3", 16).reshape(-1, 28, 28, 1)
    labels = read(folder, part, "labels-idx1", 8)
    signs = 2 * np.eye(10, dtype=np.float32)[labels] - 1
    data = tf.data.Dataset.from_tensor_slices((images.astype(np.float32), signs))
    if part == "train":
        data = data.shuffle(len(labels), seed=1)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return data.batch(size).with_options(options)


def make_strategy(devices):
    if "TF_CONFIG" in os.environ:
        return tf.distribute.MultiWorkerMirroredStrategy()
    if tf.config.list_physical_devices("GPU"):
        return tf.distribute.MirroredStrategy()
    processor = tf.config.list_physical_devices("CPU")[0]
    parts = [tf.config.LogicalDeviceConfiguration()] * devices
    tf.config.set_logical_device_configuration(processor, parts)
    return tf.distribute.MirroredStrategy([f"/cpu:{i}" for i in range(devices)])


def save(model, path):
    """All machines must take part; says whether this is the first one, whose file is kept."""
    task = json.loads(os.environ.get("TF_CONFIG", "{}")).get("task", {})
    is_first = task.get("index", 0) == 0
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "model.h5"
        model.save(file, include_optimizer=False)
        if is_first:
            shutil.copy(file, f"{path}.part")
            os.replace(f"{path}.part", path)
    return is_first


def load(path):
    model = tf.keras.models.load_model(path, compile=False)
    optimizer = tf.keras.optimizers.Adam(0.005)
    model.compile(optimizer, "squared_hinge", ["categorical_accuracy"])
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--devices", type=int, default=2)
    options = parser.parse_args()

    strategy = make_strategy(options.devices)
    print(f"{type(strategy).__name__}: {strategy.num_replicas_in_sync} devices")
    others = batches(options.data, "t10k", 200)

    def report(model, path, what):
        right = 100 * model.evaluate(others, verbose=0)[1]
        print(f"{path}, {what}: {right:.2f} % of the test images right")

    with strategy.scope():
        model = load(options.model)
    report(model, options.model, "opened")
    model.fit(batches(options.data, "train", 100), epochs=options.epochs, verbose=0)
    if save(model, options.out):
        # Opened anew: in training each device has moving averages of its own, saved is their mean.
        report(load(options.out), options.out, "saved")

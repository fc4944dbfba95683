"""Trains the binary network for handwritten digits that ships as mnist.h5.

Needs TensorFlow 2.15 and Larq 0.14 (requirements in scripts/fixtures/requirements-keras2.txt):

    python examples/mnist/train.py --data <folder with the four MNIST .gz files>

Every weight is binary. The first layer reads raw pixels (0 to 255, not rescaled), so its sums are
integers and every implementation gets the same signs; every later layer has binary inputs too.
Max-pools stand between a convolution and its batch norm, where they can run on packed bits.

Training images are shifted, turned, scaled, sheared and thickened a little, so that the network
also reads digits that are not from MNIST. The test images are only watched: the last
weights are the ones that ship.
"""

import argparse
import gzip
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import larq as lq  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent


def read_idx(path):
    """An IDX file of bytes as an array."""
    data = gzip.decompress(pathlib.Path(path).read_bytes())
    rank = data[3]
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def load_mnist(folder):
    folder = pathlib.Path(folder)
    return tuple(
        (
            read_idx(folder / f"{part}-images-idx3-ubyte.gz")[..., None],
            read_idx(folder / f"{part}-labels-idx1-ubyte.gz"),
        )
        for part in ("train", "t10k")
    )


def build_model():
    binary = {
        "input_quantizer": "ste_sign",
        "kernel_quantizer": "ste_sign",
        "kernel_constraint": "weight_clip",
        "use_bias": False,
    }
    first = {key: value for key, value in binary.items() if key != "input_quantizer"}
    layers = tf.keras.layers

    def norm(name):
        return layers.BatchNormalization(momentum=0.9, name=name)

    return tf.keras.Sequential(
        [
            tf.keras.Input((28, 28, 1), name="pixels"),
            lq.layers.QuantConv2D(32, 3, padding="valid", name="conv1", **first),
            layers.MaxPooling2D(2, name="pool1"),
            norm("norm1"),
            lq.layers.QuantConv2D(64, 3, padding="valid", name="conv2", **binary),
            norm("norm2"),
            lq.layers.QuantConv2D(64, 3, padding="same", name="conv3", **binary),
            layers.MaxPooling2D(2, name="pool3"),
            norm("norm3"),
            lq.layers.QuantConv2D(64, 3, padding="same", name="conv4", **binary),
            layers.MaxPooling2D(2, name="pool4"),
            norm("norm4"),
            layers.Flatten(name="flatten"),
            lq.layers.QuantDense(10, name="dense5", **binary),
            norm("norm5"),
            layers.Softmax(name="digit"),
        ],
        name="mnist",
    )


def augment(images, labels):
    """Moves, turns, scales, shears and thickens a batch; values stay integers in 0 to 255."""
    images = tf.cast(images, tf.float32)
    count = tf.shape(images)[0]

    def uniform(limit):
        return tf.random.uniform([count], -limit, limit)

    turn, shear = uniform(0.22), uniform(0.2)
    grow_x, grow_y = 1 + uniform(0.12), 1 + uniform(0.12)
    cos, sin = tf.cos(turn), tf.sin(turn)
    a, b = grow_x * cos, grow_x * (shear * cos - sin)
    c, d = grow_y * sin, grow_y * (shear * sin + cos)
    # The output pixel p reads the input at matrix · (p - centre) + centre + shift.
    shift_x = 13.5 - 13.5 * (a + b) + uniform(1.5)
    shift_y = 13.5 - 13.5 * (c + d) + uniform(1.5)
    zero = tf.zeros([count])
    images = tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack([a, b, shift_x, c, d, shift_y, zero, zero], axis=1),
        output_shape=[28, 28],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )

    amount = tf.reshape(tf.clip_by_value(uniform(1.2), -0.6, 0.8), [-1, 1, 1, 1])
    amount *= tf.cast(tf.random.uniform([count, 1, 1, 1]) < 0.4, tf.float32)
    thick = tf.nn.max_pool2d(images, 3, 1, "SAME") - images
    thin = images + tf.nn.max_pool2d(-images, 2, 1, "SAME")
    images += tf.where(amount > 0, thick, thin) * amount
    return tf.round(tf.clip_by_value(images, 0, 255)), labels


def binarize_weights(model):
    """Replaces each latent weight by its sign, which is all that inference reads."""
    for layer in model.layers:
        if isinstance(layer, (lq.layers.QuantConv2D, lq.layers.QuantDense)):
            signs = [np.where(weight < 0, -1, 1) for weight in layer.get_weights()]
            layer.set_weights(signs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder with the four MNIST .gz files")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default=str(HERE / "mnist.h5"))
    args = parser.parse_args()

    tf.keras.utils.set_random_seed(args.seed)
    (train_x, train_y), (test_x, test_y) = load_mnist(args.data)
    batch = 100
    data = (
        tf.data.Dataset.from_tensor_slices((train_x, train_y))
        .shuffle(len(train_x), seed=args.seed)
        .batch(batch)
        .map(augment)
        .prefetch(4)
    )

    model = build_model()
    steps = args.epochs * len(train_x) // batch
    model.compile(
        optimizer=tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.CosineDecay(6e-3, steps)),
        loss=tf.keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy"],
    )
    test = (test_x.astype(np.float32), test_y)
    model.fit(data, epochs=args.epochs, validation_data=test, validation_batch_size=500, verbose=2)

    binarize_weights(model)
    _, accuracy = model.evaluate(*test, batch_size=500, verbose=0)
    model.save(args.out, include_optimizer=False, save_format="h5")
    print(f"{args.out}: {model.count_params()} parameters, {accuracy:.2%} of the test images")


if __name__ == "__main__":
    main()

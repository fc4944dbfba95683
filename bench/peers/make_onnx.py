"""Writes the networks of workloads.json for everyone but TensorFlow Lite, a folder for each:

    weights.bin, net.json   float weights as they lie in memory, HWIO, and the layers with their sizes
    x.bin                   an input, NHWC, f32
    float.onnx              for ONNX Runtime: NCHW, weights of +-s, bias, ReLU
    int8.onnx, int8.json    the same, quantized by ONNX Runtime's own quantizer to weights of 7 bits;
                            8-bit in and out, with the scales and zero points there
    uint8.onnx, uint8.json  the same with weights of 8 bits, which are unsigned
    ours-float.onnx         float.onnx with NHWC input and output
    ours-binary.onnx        NHWC; signs between the layers, batch norms instead of biases; a layer
                            that stands alone is followed by a small one, so that it writes bits
    y-float.bin, y-binary.bin   what ONNX Runtime computes for x

All peers get the same weights. Networks of the test data ("file") are copied; BINARYNET_TEST_DATA
says where that is. Usage: make_onnx.py workloads.json OUT
"""

import gzip
import json
import os
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

OPSET = 17
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def sized(workload):
    """The layers with the sizes of what they read and write."""
    shape = list(workload["input"])
    for layer in workload["layers"]:
        before = list(shape)
        if layer["op"] == "conv":
            shape = shape[:2] + [layer["channels"]]
        elif layer["op"] == "pool":
            shape = [shape[0] // 2, shape[1] // 2, shape[2]]
        else:
            before = [int(np.prod(shape))]
            shape = [layer["channels"]]
        yield {**layer, "from": before, "to": list(shape)}


def with_weights(layers, random):
    """Adds weights of +-scale, the scale that keeps activations in range, and a bias."""
    for layer in layers:
        if layer["op"] == "pool":
            yield layer
            continue
        kernel = layer.get("kernel")
        shape = ([kernel, kernel] if kernel else []) + [layer["from"][-1], layer["channels"]]
        fan_in = int(np.prod(shape[:-1]))
        signs = random.choice(np.array([-1, 1], np.float32), shape)
        bias = random.uniform(-0.2, 0.2, layer["channels"]).astype(np.float32)
        yield {**layer, "signs": signs, "scale": np.float32((2 / fan_in) ** 0.5), "bias": bias}


class Writer:
    """Collects the nodes of an ONNX graph."""

    def __init__(self):
        self.nodes, self.constants, self.count = [], [], 0

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, op, inputs, output=None, **attributes):
        self.count += 1
        output = output or f"v{self.count}"
        self.nodes.append(helper.make_node(op, inputs, [output], f"{op}_{self.count}", **attributes))
        return output

    def save(self, path, in_shape, out_shape):
        value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        graph = helper.make_graph(
            self.nodes, "net", [value("x", in_shape)], [value("y", out_shape)], self.constants
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
        onnx.checker.check_model(model)
        onnx.save(model, path)


def write_onnx(layers, path, binary=False, nhwc=False):
    writer = Writer()
    image = layers[0]["op"] != "dense"
    value = "x"
    if image and nhwc:
        value = writer.add("Transpose", [value], perm=[0, 3, 1, 2])
    single = len(layers) == 1
    if binary and single:
        value = add_sign(writer, value)
        layers = [*layers, tail_of(layers[0])]
    for index, layer in enumerate(layers):
        last = index == len(layers) - 1
        if layer["op"] == "pool":
            if not binary:
                value = writer.add("MaxPool", [value], kernel_shape=[2, 2], strides=[2, 2])
            continue
        value = add_product(writer, value, layer, layers[index - 1] if index else None, binary)
        if binary:
            if not last and layers[index + 1]["op"] == "pool":
                value = writer.add("MaxPool", [value], kernel_shape=[2, 2], strides=[2, 2])
            value = add_batch_norm(writer, value, layer)
            if not last:
                value = add_sign(writer, value)
        elif not last or single:
            value = writer.add("Relu", [value])
    in_shape, out_shape = layers[0]["from"], layers[-1]["to"]
    if len(out_shape) == 3 and nhwc:
        writer.add("Transpose", [value], "y", perm=[0, 2, 3, 1])
    else:
        writer.nodes[-1].output[0] = "y"
    by_plane = lambda shape: [1, shape[2], *shape[:2]] if len(shape) == 3 else [1, *shape]
    order = (lambda shape: [1, *shape]) if nhwc else by_plane
    writer.save(path, order(in_shape), order(out_shape))


def tail_of(layer):
    """A small binary layer after the only one, so that this writes bits, as it would in a network."""
    channels = 4
    shape = [layer["channels"], channels]
    signs = np.where(np.arange(np.prod(shape)) % 3 > 0, np.float32(1), np.float32(-1))
    kernel = {"kernel": 1} if layer["op"] == "conv" else {}
    return {
        **layer,
        **kernel,
        "channels": channels,
        "from": layer["to"],
        "to": [*layer["to"][:-1], channels],
        "signs": signs.reshape([1, 1, *shape] if kernel else shape),
        "bias": np.zeros(channels, np.float32),
    }


def add_product(writer, value, layer, before, binary):
    """The convolution or the matrix product; with scale and bias unless a batch norm follows."""
    weights = layer["signs"] if binary else layer["signs"] * layer["scale"]
    bias = [] if binary else [writer.constant(layer["bias"])]
    if layer["op"] == "conv":
        pad = (layer["kernel"] - 1) // 2
        inputs = [value, writer.constant(weights.transpose(3, 2, 0, 1)), *bias]
        return writer.add("Conv", inputs, pads=[pad] * 4)
    if before and before["op"] != "dense":
        value = writer.add("Flatten", [value])
        height, width, channels = before["to"]
        by_pixel = weights.reshape(height, width, channels, -1)
        weights = by_pixel.transpose(2, 0, 1, 3).reshape(weights.shape)
    return writer.add("Gemm", [value, writer.constant(weights), *bias])


def add_sign(writer, value):
    """+1 and -1; 0 has the sign +1."""
    zero, plus, minus = (writer.constant(np.float32(number)) for number in (0, 1, -1))
    return writer.add("Where", [writer.add("GreaterOrEqual", [value, zero]), plus, minus])


def add_batch_norm(writer, value, layer):
    """The scale and the bias of the float network; a bias between two sums, so that none is 0."""
    ones = np.ones(layer["channels"], np.float32)
    scale = ones * layer["scale"]
    mean = -np.floor(layer["bias"] / layer["scale"]) - np.float32(0.5)
    inputs = [scale, 0 * ones, mean.astype(np.float32), ones]
    names = [value, *(writer.constant(array) for array in inputs)]
    return writer.add("BatchNormalization", names, epsilon=0.0)


class Samples(CalibrationDataReader):
    def __init__(self, shape, random):
        self.left = [random.standard_normal(shape).astype(np.float32) for _ in range(8)]

    def get_next(self):
        return {"x": self.left.pop()} if self.left else None


def quantize(folder, name, shape, signed):
    """
    8-bit activations and, per channel, weights; integer operators; no conversion at the ends. Signed
    weights get 7 bits: the AVX2 kernel for them adds pairs of products in 16 bits, which 8 overflow.
    Unsigned ones are signed ones of 8 bits and 128, as the quantizer has none per channel.
    """
    path = folder / f"{name}.onnx"
    quantize_static(
        folder / "float.onnx",
        path,
        Samples(shape, np.random.default_rng(2)),
        quant_format=QuantFormat.QOperator,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=signed,
    )
    model = onnx.load(path)
    graph = model.graph
    first, last = graph.node[0], graph.node[-1]
    assert first.op_type == "QuantizeLinear" and last.op_type == "DequantizeLinear", "not as expected"
    constants = {c.name: numpy_helper.to_array(c) for c in graph.initializer}
    ends = {
        "x": [float(constants[first.input[1]]), int(constants[first.input[2]])],
        "y": [float(constants[last.input[1]]), int(constants[last.input[2]])],
    }
    for node in graph.node:
        node.input[:] = ["x" if name == first.output[0] else name for name in node.input]
        node.output[:] = ["y" if name == last.input[0] else name for name in node.output]
    graph.node.remove(first)
    graph.node.remove(last)
    for port in (graph.input[0], graph.output[0]):
        port.type.tensor_type.elem_type = TensorProto.UINT8
    if not signed:
        lift_weights(graph)
    if len(graph.node) == 1 and graph.node[0].op_type == "QLinearConv":
        by_pixel(model)
    onnx.save(model, path)
    (folder / f"{name}.json").write_text(json.dumps(ends))


def lift_weights(graph):
    """Signed bytes, weights and their zero points, become unsigned ones."""
    for constant in graph.initializer:
        array = numpy_helper.to_array(constant)
        if array.dtype == np.int8:
            lifted = (array.astype(np.int16) + 128).astype(np.uint8)
            constant.CopyFrom(numpy_helper.from_array(lifted, constant.name))


def by_pixel(model):
    """NHWC, the order that ONNX Runtime's 8-bit convolution works in: saves it two transposes."""
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    node = model.graph.node[0]
    node.domain = "com.microsoft"
    node.attribute.append(helper.make_attribute("channels_last", 1))
    for port in (model.graph.input[0], model.graph.output[0]):
        dims = port.type.tensor_type.shape.dim
        batch, channels, height, width = (dim.dim_value for dim in dims)
        for dim, size in zip(dims, (batch, height, width, channels)):
            dim.dim_value = size


def reference(path, x, to):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    y = session.run(None, {"x": x})[0].astype(np.float32)
    y.tofile(to)
    return y


def write_file_workload(workload, folder):
    """A network of the test data, run as it is by all; its input is the first image."""
    data = os.environ.get("BINARYNET_TEST_DATA", REPOSITORY.parent / "shared" / "data")
    path = pathlib.Path(data) / workload["file"]
    if not path.exists():
        print(f"{path} is not there: {workload['id']} is left out")
        return
    folder.mkdir(parents=True, exist_ok=True)
    model = onnx.load_from_string(gzip.decompress(path.read_bytes()))
    port = model.graph.input[0]
    port.type.tensor_type.shape.dim[0].dim_value = 1
    for node in model.graph.node:
        node.input[:] = ["x" if name == port.name else name for name in node.input]
    port.name = "x"
    for kind in ("float", "ours-float", "ours-binary"):
        onnx.save(model, folder / f"{kind}.onnx")
    x = np.load(pathlib.Path(data) / workload["images"])[:1].astype(np.float32)
    x.tofile(folder / "x.bin")
    y = reference(folder / "float.onnx", x, folder / "y-float.bin")
    y.tofile(folder / "y-binary.bin")
    described = {"input": x.shape[1:], "layers": [{"op": "file", "to": y.shape[1:]}]}
    (folder / "net.json").write_text(json.dumps({**workload, **described}))
    (folder / "int8.json").write_text("{}")


def write_workload(workload, folder):
    if "file" in workload:
        write_file_workload(workload, folder)
        return
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(1)
    layers = list(with_weights(sized(workload), random))
    x = random.standard_normal([1, *workload["input"]]).astype(np.float32)
    x.tofile(folder / "x.bin")
    described, weights = [], []
    for layer in layers:
        described.append({k: v for k, v in layer.items() if k not in ("signs", "scale", "bias")})
        if layer["op"] != "pool":
            weights += [layer["signs"] * layer["scale"], layer["bias"]]
    np.concatenate([w.ravel() for w in weights]).tofile(folder / "weights.bin")
    (folder / "net.json").write_text(json.dumps({**workload, "layers": described}))
    write_onnx(layers, folder / "float.onnx")
    write_onnx(layers, folder / "ours-float.onnx", nhwc=True)
    write_onnx(layers, folder / "ours-binary.onnx", binary=True, nhwc=True)
    reference(folder / "ours-float.onnx", x, folder / "y-float.bin")
    reference(folder / "ours-binary.onnx", x, folder / "y-binary.bin")
    image = len(workload["input"]) == 3
    nchw = x.transpose(0, 3, 1, 2) if image else x
    quantize(folder, "int8", nchw.shape, signed=True)
    quantize(folder, "uint8", nchw.shape, signed=False)


if __name__ == "__main__":
    listed, out = sys.argv[1:]
    for each in json.loads(pathlib.Path(listed).read_text()):
        write_workload(each, pathlib.Path(out) / each["id"])

/**
 * The networks of make_onnx.py in 8 bits, as binarynet's graphs: activations of i8, weights of 8
 * bits, 7 or one, sums brought back to i8 between the layers, ReLU by the least value.
 */
import { floats, json } from './peer.js';

/** No activation of these networks is further from 0; the scales follow from it. */
const RANGE = 6;
const SYMMETRIC = { scale: RANGE / 127, zeroPoint: 0, min: -127, max: 127 };
const POSITIVE = { scale: RANGE / 255, zeroPoint: -128, min: -128, max: 127 };

/** The largest weight, where all are as large. */
const LARGEST = { i8: 127, i7: 64 };

/** `weights` is "i8", "i7" or "bit". Gives the graph, the input, and how the output is to be read. */
export function integerNetwork(GraphBuilder, folder, weights) {
  const net = json(folder, 'net.json');
  const values = floats(folder, 'weights.bin');
  const builder = new GraphBuilder();
  let at = 0;
  let x = builder.input('x', { dtype: 'i8', shape: [1, ...net.input] });
  let from = SYMMETRIC;
  net.layers.forEach((layer, index) => {
    const origin = { name: `${layer.op}_${index + 1}`, sourceOp: layer.op };
    if (layer.op === 'pool') {
      x = builder.add('maxPool2d', POOL, [x], origin);
      return;
    }
    const isLast = index === net.layers.length - 1 && index > 0;
    const to = isLast ? SYMMETRIC : POSITIVE;
    const { min, max, zeroPoint } = to;
    const epilogue = { kind: 'requantize', zeroPoint, min, max };
    const inputs = layer.from.at(-1);
    const shape = layer.kernel
      ? [layer.kernel, layer.kernel, inputs, layer.channels]
      : [inputs, layer.channels];
    const size = shape.reduce((product, n) => product * n, 1);
    const layerValues = values.subarray(at, at + size);
    const bias = values.subarray(at + size, at + size + layer.channels);
    at += size + layer.channels;
    const operands = operandsOf(builder, shape, layerValues, bias, { weights, from, to });
    if (layer.op === 'dense') {
      const flat = [1, inputs];
      if (builder.shape(x).length > 2) x = builder.add('reshape', { shape: flat }, [x], origin);
      const attrs = { zeroPoint: from.zeroPoint, epilogue };
      x = builder.add('dense', attrs, [x, ...operands], origin);
    } else {
      const pad = (layer.kernel - 1) / 2;
      const window = { ...WINDOW, pads: [pad, pad, pad, pad], zeroPoint: from.zeroPoint, epilogue };
      x = builder.add('conv2d', { ...window, groups: 1 }, [x, ...operands], origin);
    }
    from = to;
  });
  const { scale, zeroPoint } = from;
  const input = Int8Array.from(floats(folder, 'x.bin'), (value) =>
    Math.min(127, Math.max(-127, Math.round(value / SYMMETRIC.scale))),
  );
  return { graph: builder.finish('net', [x]), input, output: { scale, zeroPoint } };
}

const WINDOW = { strides: [1, 1], dilations: [1, 1], padValue: 0 };
const POOL = { size: [2, 2], strides: [2, 2], dilations: [1, 1], pads: [0, 0, 0, 0] };

/** Weights, bias and scale. All weights of a network of ±s are as far from 0. */
function operandsOf(builder, shape, values, bias, { weights, from, to }) {
  const magnitude = Math.abs(values[0]);
  const isBits = weights === 'bit';
  const unit = isBits ? magnitude : magnitude / LARGEST[weights];
  const data = isBits
    ? Uint8Array.from(values, (value) => (value < 0 ? 1 : 0))
    : Int8Array.from(values, (value) => Math.round(value / unit));
  const channels = [shape.at(-1)];
  const sums = Int32Array.from(bias, (value) => Math.round(value / (from.scale * unit)));
  const scales = new Float32Array(channels[0]).fill((from.scale * unit) / to.scale);
  return [
    builder.constant('w', { dtype: isBits ? 'bit' : 'i8', shape }, data),
    builder.constant('bias', { dtype: 'i32', shape: channels }, sums),
    builder.constant('scale', channels, scales),
  ];
}

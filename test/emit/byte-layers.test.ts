/** Layers of bytes, from a graph through plan and C, against the reference interpreter. */
import { expect, test } from 'vitest';
import { emitC } from '../../src/emit/c.ts';
import { GraphBuilder } from '../../src/ir/builder.ts';
import { elementCount, type Graph, type Shape, type TensorData } from '../../src/ir/graph.ts';
import { type Epilogue, IDENTITY, type ValueId } from '../../src/ir/ops.ts';
import { Interpreter } from '../../src/ir/reference/interpreter.ts';
import { verifyGraph } from '../../src/ir/verify.ts';
import { planProgram } from '../../src/plan/plan.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import type { Tensors } from '../../src/toolchain/executable.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { openExecutable } from '../../src/toolchain/open.ts';
import { resolveTarget } from '../../src/toolchain/processor.ts';
import { Random } from '../kernels/support/random.ts';
import { compileAndTest, filesOf } from '../support/compile-c.ts';
import { testWith } from '../support/tools.ts';

type Weights = 'i8' | 'bit';

/** A network under construction, whose weights are random. */
class ByteNet {
  readonly builder = new GraphBuilder();
  private readonly random = new Random(4);
  private count = 0;

  conv(x: ValueId, outputs: number, w: Weights, epilogue: Epilogue, zeroPoint: number): ValueId {
    const channels = this.builder.shape(x)[3] as number;
    const weights = this.weights([3, 3, channels, outputs], w);
    const attrs = { ...this.window(epilogue, zeroPoint), groups: 1 };
    const operands = this.operands(epilogue, outputs, 9 * channels, w);
    return this.builder.add('conv2d', attrs, [x, weights, ...operands], this.origin());
  }

  depthwise(x: ValueId, w: Weights, epilogue: Epilogue, zeroPoint: number): ValueId {
    const channels = this.builder.shape(x)[3] as number;
    const weights = this.weights([3, 3, channels, 1], w);
    const operands = this.operands(epilogue, channels, 9, w);
    const attrs = this.window(epilogue, zeroPoint);
    return this.builder.add('depthwiseConv2d', attrs, [x, weights, ...operands], this.origin());
  }

  dense(x: ValueId, units: number, w: Weights, epilogue: Epilogue, zeroPoint: number): ValueId {
    const depth = this.builder.shape(x).at(-1) as number;
    const inputs = [
      x,
      this.weights([depth, units], w),
      ...this.operands(epilogue, units, depth, w),
    ];
    return this.builder.add('dense', { epilogue, zeroPoint }, inputs, this.origin());
  }

  pool(x: ValueId, op: 'maxPool2d' | 'averagePool2d'): ValueId {
    const attrs = { size: [2, 2], strides: [2, 2], dilations: [1, 1], pads: [0, 0, 1, 1] } as const;
    return this.builder.add(op, attrs, [x], this.origin());
  }

  signs(bits: ValueId): ValueId {
    return this.builder.add('unpack', {}, [bits], this.origin());
  }

  private window(epilogue: Epilogue, zeroPoint: number) {
    const pads = [1, 1, 1, 1] as const;
    return { strides: [1, 1], dilations: [1, 1], pads, padValue: 0, zeroPoint, epilogue } as const;
  }

  private weights(shape: Shape, dtype: Weights): ValueId {
    const length = elementCount(shape);
    const data =
      dtype === 'bit'
        ? this.random.bits(length)
        : Int8Array.from({ length }, () => this.random.int(-127, 127));
    return this.constant(dtype, shape, data);
  }

  private operands(epilogue: Epilogue, channels: number, terms: number, w: Weights): ValueId[] {
    const size = Math.sqrt(terms) * (w === 'bit' ? 70 : 5000);
    const integers = () => {
      const data = { length: channels };
      const pick = () => this.random.int(-Math.ceil(size), Math.ceil(size));
      return this.constant('i32', [channels], Int32Array.from(data, pick));
    };
    const reals = (low: number, high: number) =>
      this.constant('f32', [channels], this.random.reals(channels, low, high));
    switch (epilogue.kind) {
      case 'sign':
      case 'integer':
        return [integers()];
      case 'requantize':
        return [integers(), reals(30 / size, 90 / size)];
      default:
        return [reals(-size, size), reals(-1, 1), reals(-9, 9)];
    }
  }

  private constant(dtype: Weights | 'i32' | 'f32', shape: Shape, data: TensorData): ValueId {
    return this.builder.constant('weights', { dtype, shape }, data);
  }

  private origin() {
    this.count++;
    return { name: `layer_${this.count}`, sourceOp: 'Layer' };
  }
}

const SIGN: Epilogue = { kind: 'sign' };
const INTEGER: Epilogue = { kind: 'integer' };
const NORM: Epilogue = { kind: 'norm', activation: IDENTITY };
/** A relu, where the least is the zero point. */
const RELU: Epilogue = { kind: 'requantize', zeroPoint: -100, min: -100, max: 127 };
const BYTES: Epilogue = { kind: 'requantize', zeroPoint: 5, min: -128, max: 127 };

/** Every kind of layer and epilogue, from pixels to sums, floats, bytes and bits. */
function network(w: Weights): Graph {
  const net = new ByteNet();
  const pixels = net.builder.input('pixels', { dtype: 'u8', shape: [1, 9, 11, 3] });
  const first = net.conv(pixels, 20, w, RELU, 7);
  const pooled = net.pool(first, 'maxPool2d');
  const second = net.depthwise(pooled, w, BYTES, -100);
  const averaged = net.pool(second, 'averagePool2d');
  const bits = net.conv(averaged, 70, w, SIGN, 5);
  const depthwiseBits = net.depthwise(averaged, w, SIGN, 5);
  const shape = [1, elementCount(net.builder.shape(averaged))];
  const origin = { name: 'flatten', sourceOp: 'Flatten' };
  const flat = net.builder.add('reshape', { shape }, [averaged], origin);
  return net.builder.finish('net', [
    net.signs(bits),
    net.signs(depthwiseBits),
    net.conv(averaged, 6, w, INTEGER, 5),
    net.conv(averaged, 37, w, NORM, 5),
    net.depthwise(averaged, w, NORM, 5),
    net.depthwise(averaged, w, INTEGER, 5),
    net.signs(net.dense(flat, 70, w, SIGN, 5)),
    net.dense(flat, 35, w, INTEGER, 5),
    net.dense(flat, 9, w, NORM, 5),
    net.dense(flat, 9, w, BYTES, 5),
    net.dense(pixels, 5, w, BYTES, 200),
  ]);
}

const WEIGHTS = ['i8', 'bit'] as const;

test.each(WEIGHTS)('a network of bytes with weights of %s is a legal one', (w) => {
  expect(() => verifyGraph(network(w), 'lowered')).not.toThrow();
});

for (const target of ['host', 'portable'] as const) {
  for (const w of WEIGHTS) {
    testWith(['gcc'], `a network of bytes with weights of ${w}, ${target}`, () => {
      const files = filesOf(network(w), { target: targetNamed(target) });
      const result = compileAndTest(files, 'gcc', ['-O0', '-fsanitize=address,undefined']);
      expect(result.output).toMatch(/2 passed, 0 failed\n$/);
      expect(result.status).toBe(0);
    });
  }
}

/** A lowered graph runs on a target as it does in the interpreter. */
async function expectSame(graph: Graph, targetName: string): Promise<void> {
  const kernels = loadKernelSources();
  const program = planProgram(graph, resolveTarget(targetNamed(targetName)), {
    name: 'net',
    kernels,
  });
  const random = new Random(9);
  const samples = Array.from({ length: 3 }, () => [
    Uint8Array.from({ length: 9 * 11 * 3 }, () => random.int(0, 255)),
  ]);
  const files = emitC(program, kernels, { weights: 'file', cases: [] });
  const executable = await openExecutable(program, files, {});
  const outputs: Tensors[] = [];
  try {
    for await (const output of executable.run(samples)) outputs.push(output);
  } finally {
    await executable.close();
  }
  const interpreter = new Interpreter(graph);
  expect(outputs).toEqual(samples.map((sample) => interpreter.run(sample)));
}

for (const w of WEIGHTS) {
  test(`a network of bytes with weights of ${w}, as WebAssembly`, () => {
    return expectSame(network(w), 'wasm');
  });
  testWith(['gcc'], `a network of bytes with weights of ${w}, tuned for this machine`, () => {
    return expectSame(network(w), 'host');
  });
}

test('layers of bytes take kernels of bytes', () => {
  const kernels = loadKernelSources();
  const target = { ...targetNamed('portable'), kernels: ['scalar'] };
  const { calls } = planProgram(network('i8'), target, { name: 'net', kernels });
  const used = new Set(calls.map(({ kernel }) => kernel.replace('__scalar', '')));
  for (const layer of ['conv2d', 'dense', 'depthwise_conv2d']) {
    for (const output of ['i32', 'f32', 'i8', 'b1']) {
      expect(used).toContain(`${layer}_i8_i8_${output}`);
    }
  }
  expect(calls[0]?.shape).toMatchObject({ unsigned_input: 1, pad_value: 7, low: -100, high: 127 });
});

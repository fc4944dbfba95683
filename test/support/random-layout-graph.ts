/**
 * Random graphs of the ops that may run on transposed operands, with transposes and reshapes
 * strewn among them, in f32 and i32. All numbers are small multiples of 1/4, so that every value is
 * exact in whatever order sums are made, and passes must keep every bit.
 */
import { GraphBuilder } from '../../src/ir/builder.ts';
import type { Graph, Shape } from '../../src/ir/graph.ts';
import { elementCount } from '../../src/ir/graph.ts';
import type { OpAttrs, OpKind, Unary, ValueId } from '../../src/ir/ops.ts';
import { IDENTITY, LINEAR } from '../../src/ir/ops.ts';
import { Random } from './random.ts';

export interface RandomLayoutGraph {
  readonly graph: Graph;
  /** One sample for each input of the graph. */
  readonly inputs: Float32Array[];
}

export function randomLayoutGraph(seed: number): RandomLayoutGraph {
  return new Generator(seed).generate();
}

const MOST_ELEMENTS = 600;
const FUNCTIONS: readonly Unary[] = [
  ...(['relu', 'neg', 'abs', 'floor', 'ceil', 'sign', 'heaviside'] as const).map((fn) => ({
    fn,
  })),
  { fn: 'clip', min: -1, max: 2 },
  { fn: 'leakyRelu', alpha: 0.5 },
];
const IMAGE_PERMS = [
  [0, 2, 3, 1],
  [0, 3, 1, 2],
];

class Generator {
  private readonly random: Random;
  private readonly builder = new GraphBuilder();
  private readonly live: ValueId[] = [];

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  generate(): RandomLayoutGraph {
    const { random } = this;
    const shape = [random.integer(1, 2), ...[1, 2, 3].map(() => random.integer(1, 4))];
    const x = this.builder.input('x', { dtype: 'f32', shape });
    const inputs = [random.floats(elementCount(shape), () => random.integer(-8, 8) / 4)];
    let current = this.add('unary', { unary: IDENTITY }, [x]);
    const steps = random.integer(4, 18);
    for (let step = 0; step < steps; step++) {
      this.live.push(current);
      const from = random.chance(0.15) ? random.pick(this.live) : current;
      current = this.small(this.step(from));
    }
    const outputs = [current, ...(random.chance(0.3) ? [random.pick(this.live)] : [])];
    return { graph: this.builder.finish('random', [...new Set(outputs)]), inputs };
  }

  private step(x: ValueId): ValueId {
    const { random } = this;
    const isFloat = this.builder.type(x).dtype === 'f32';
    const choice = random.integer(0, 13);
    if (choice <= 3) return this.transpose(x);
    if (choice === 4) return this.reshape(x);
    if (choice === 5) return this.rearranged(x);
    if (choice === 6) return this.reduced(x);
    if (choice <= 8) return this.combined(x);
    if (!isFloat) return choice <= 11 ? this.integers(x) : this.add('cast', { to: 'f32' }, [x]);
    if (choice === 9) return this.layer(x);
    if (choice === 10) return this.compared(x);
    return this.add('unary', { unary: random.pick(FUNCTIONS) }, [x]);
  }

  private transpose(x: ValueId): ValueId {
    const { random } = this;
    const rank = this.shape(x).length;
    const image = rank === 4 && random.chance(0.8);
    const perm = image ? random.pick(IMAGE_PERMS) : this.shuffled(rank);
    return this.add('transpose', { perm }, [x]);
  }

  private shuffled(rank: number): number[] {
    const left = [...new Array<number>(rank).keys()];
    return left.map((_, i) => {
      const at = this.random.integer(i, rank - 1);
      [left[i], left[at]] = [left[at] as number, left[i] as number];
      return left[i] as number;
    });
  }

  /** Two axes into one, one into two, an axis of size 1 in or out, or all into a row. */
  private reshape(x: ValueId): ValueId {
    const { random } = this;
    const shape = [...this.shape(x)];
    const axis = random.integer(0, Math.max(0, shape.length - 2));
    const choice = random.integer(0, 3);
    if (choice === 0 && shape.length > 1) {
      shape.splice(axis, 2, (shape[axis] as number) * (shape[axis + 1] as number));
    } else if (choice === 1 && shape.length < 5) {
      const size = shape[axis] ?? 1;
      const first = size % 2 === 0 ? 2 : 1;
      shape.splice(axis, 1, first, size / first);
    } else if (choice === 2 && shape.length > 1) {
      shape.splice(1, shape.length - 1, elementCount(shape.slice(1)));
    } else if (shape.includes(1) && shape.length > 1) {
      shape.splice(shape.indexOf(1), 1);
    } else if (shape.length < 5) {
      shape.splice(axis, 0, 1);
    }
    return this.add('reshape', { shape }, [x]);
  }

  private rearranged(x: ValueId): ValueId {
    const { random } = this;
    const shape = this.shape(x);
    const axis = random.integer(0, shape.length - 1);
    const zeros = shape.map(() => 0);
    const ones = shape.map(() => 1);
    if (shape.length === 0) return x;
    switch (random.integer(0, 4)) {
      case 0:
        return this.add('pad', { before: zeros.with(axis, 1), after: zeros, value: 2 }, [x]);
      case 1: {
        const begin = random.integer(0, (shape[axis] as number) - 1);
        const size = shape.with(axis, (shape[axis] as number) - begin);
        return this.add('slice', { begin: zeros.with(axis, begin), size, step: ones }, [x]);
      }
      case 2:
        return this.add('concat', { axis }, [x, random.chance(0.5) ? x : this.sameKind(x)]);
      case 3:
        return this.add('tile', { repeats: ones.with(axis, 2) }, [x]);
      default: {
        const count = random.integer(1, 3);
        const places = Int32Array.from({ length: count }, () =>
          random.integer(0, (shape[axis] as number) - 1),
        );
        const type = { dtype: 'i32', shape: [count] } as const;
        return this.add('gather', { axis }, [x, this.builder.constant('places', type, places)]);
      }
    }
  }

  /** Another live value of the same type, or the value itself. */
  private sameKind(x: ValueId): ValueId {
    const { dtype, shape } = this.builder.type(x);
    const others = this.live.filter((id) => {
      const type = this.builder.type(id);
      return type.dtype === dtype && type.shape.join() === shape.join();
    });
    return others.length > 0 ? this.random.pick(others) : x;
  }

  private reduced(x: ValueId): ValueId {
    const { random } = this;
    const shape = this.shape(x);
    if (shape.length < 2) return x;
    const keepDims = random.chance(0.5);
    const axis = random.integer(0, shape.length - 1);
    if (random.chance(0.2)) {
      return this.add('argReduce', { fn: 'argMax', axis, keepDims, last: false }, [x]);
    }
    const second = random.integer(0, shape.length - 1);
    const axes = [...new Set([axis, second])].sort((a, b) => a - b);
    return this.add('reduce', { fn: random.pick(['max', 'min', 'sum']), axes, keepDims }, [x]);
  }

  /** With a constant that broadcasts, or another value. */
  private combined(x: ValueId): ValueId {
    const { random } = this;
    const other = random.chance(0.4) ? this.sameKind(x) : this.constantLike(x);
    const operands = random.chance(0.7) ? [x, other] : [other, x];
    if (this.builder.type(x).dtype === 'i32') {
      return this.add('integer', { fn: random.pick(['add', 'sub', 'max', 'xor']) }, operands);
    }
    const fn = random.pick(['add', 'sub', 'max', 'min', 'mul'] as const);
    return this.add('binary', { fn, activation: IDENTITY }, operands);
  }

  private constantLike(x: ValueId): ValueId {
    const { random } = this;
    const { dtype, shape } = this.builder.type(x);
    const own = shape
      .slice(random.integer(0, shape.length))
      .map((size) => (random.chance(0.5) ? size : 1));
    const data = random.floats(elementCount(own), () => random.integer(-2, 2));
    const type = { dtype, shape: own };
    return this.builder.constant('c', type, dtype === 'i32' ? Int32Array.from(data) : data);
  }

  private integers(x: ValueId): ValueId {
    const other = this.random.chance(0.5) ? this.sameKind(x) : this.constantLike(x);
    const condition = this.add('compare', { fn: this.random.pick(['less', 'equal']) }, [x, other]);
    return this.random.chance(0.5) ? condition : this.add('where', {}, [condition, x, other]);
  }

  private compared(x: ValueId): ValueId {
    const { random } = this;
    const other = random.chance(0.5) ? this.sameKind(x) : this.constantLike(x);
    const condition = this.add('compare', { fn: random.pick(['less', 'lessOrEqual']) }, [x, other]);
    if (random.chance(0.3)) return condition;
    if (random.chance(0.4)) return this.add('cast', { to: 'f32' }, [condition]);
    const choices = random.chance(0.5)
      ? [this.number(1), this.number(random.pick([-1, 0, -0.5]))]
      : [x, this.number(2)];
    return this.add('where', {}, [condition, ...choices]);
  }

  private number(value: number): ValueId {
    return this.builder.constant('number', [], Float32Array.of(value));
  }

  /** What has its channels last: convolution, dense, batch norm, or a matrix product. */
  private layer(x: ValueId): ValueId {
    const { random } = this;
    const shape = this.shape(x);
    const channels = shape.at(-1) ?? 1;
    const outputs = random.integer(1, 3);
    const bias = this.weights([outputs]);
    if (shape.length === 4 && random.chance(0.6)) {
      const window = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
      const attrs = { ...window, padValue: 0, groups: 1, epilogue: LINEAR } as const;
      const w = this.weights([1, 1, channels, outputs]);
      const image = random.chance(0.7) ? this.add('transpose', { perm: [0, 2, 3, 1] }, [x]) : x;
      const inputs = this.shape(image).at(-1) === channels ? w : undefined;
      return this.add('conv2d', attrs, [
        image,
        inputs ?? this.weights([1, 1, this.shape(image).at(-1) as number, outputs]),
        bias,
      ]);
    }
    if (shape.length < 2) return x;
    if (random.chance(0.4)) {
      return this.add('dense', { epilogue: LINEAR }, [x, this.weights([channels, outputs]), bias]);
    }
    if (random.chance(0.5)) {
      const constants = [0, 1, 2].map(() => this.weights([channels]));
      return this.add('batchNorm', { activation: IDENTITY }, [x, ...constants]);
    }
    const other = this.weights([...shape.slice(0, -2).map(() => 1), channels, outputs]);
    return this.add('matmul', {}, [x, other]);
  }

  private weights(shape: Shape): ValueId {
    const data = this.random.floats(elementCount(shape), () => this.random.integer(-2, 2));
    return this.builder.constant('w', shape, data);
  }

  /** Keeps numbers and tensors small. */
  private small(x: ValueId): ValueId {
    const { dtype, shape } = this.builder.type(x);
    if (elementCount(shape) > MOST_ELEMENTS) {
      const axes = [...shape.keys()].slice(1);
      return this.small(this.add('reduce', { fn: 'max', axes, keepDims: true }, [x]));
    }
    if (dtype === 'i32') {
      const mask = this.builder.constant('mask', { dtype, shape: [] }, Int32Array.of(7));
      return this.add('integer', { fn: 'and' }, [x, mask]);
    }
    return this.add('unary', { unary: { fn: 'clip', min: -4, max: 4 } }, [x]);
  }

  private add<K extends OpKind>(op: K, attrs: OpAttrs[K], inputs: readonly ValueId[]): ValueId {
    const name = `${op}_${inputs[0]}`;
    return this.builder.add(op, attrs, inputs, { name, sourceOp: op });
  }

  private shape(id: ValueId): Shape {
    return this.builder.shape(id);
  }
}

/**
 * Random graphs whose every value is one exact number, however it is computed: the reference, the
 * lowered graph and the compiled C must agree bit for bit on all of them.
 *
 * Layers multiply and add in an order of their own, so what they read and hold is dyadic: integers
 * times a power of two, small enough that no order of summation rounds. Layers of ±1 times ±s give
 * integers times one s, so behind them anything goes that rounds once per element: batch norms with
 * arbitrary, negative and zero slopes, residual sums, constants. A tensor is marked with what it
 * allows:
 *
 * - `grid`: its elements are n·2^-exponent, |n| <= limit. Absent: arbitrary floats.
 * - `isExactPath`: since the last sign there were only bit layers and ops with one rounding, so that
 *   arbitrary constants may follow. A float layer ends this: what follows it may be folded into its
 *   weights.
 *
 * Chains of layer, steps and sign are made as a whole (`layerToSign`): there the steps may be
 * arbitrary behind float layers, too, because all of them must become one threshold.
 */
import { GraphBuilder } from '../../src/ir/builder.ts';
import type { Graph, Shape } from '../../src/ir/graph.ts';
import { elementCount } from '../../src/ir/graph.ts';
import type { BinaryFn, Pads, Pair, Unary, ValueId } from '../../src/ir/ops.ts';
import { IDENTITY, LINEAR } from '../../src/ir/ops.ts';
import { Random } from './random.ts';

export interface RandomGraph {
  readonly graph: Graph;
  /** One sample for each input of the graph. */
  readonly inputs: Float32Array[];
}

/** A random graph; the same one for the same seed. */
export function randomGraph(seed: number): RandomGraph {
  return new Generator(seed).generate();
}

interface Grid {
  readonly exponent: number;
  readonly limit: number;
}

interface Tensor {
  readonly id: ValueId;
  readonly grid?: Grid;
  readonly isExactPath: boolean;
  /** Only ±1, or only 0 and 1. */
  readonly domain?: 'sign' | 'heaviside';
}

/** Sums stay below 2^24 with room for halving and for a bias. */
const MOST_UNITS = 2 ** 20;
const MOST_ELEMENTS = 2000;

class Generator {
  private readonly random: Random;
  private readonly builder = new GraphBuilder();
  private readonly live: Tensor[] = [];
  private readonly samples: Float32Array[] = [];
  private nodes = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  generate(): RandomGraph {
    const { random } = this;
    let current = this.input();
    if (random.chance(0.15)) this.live.push(this.input());
    const steps = random.integer(3, 9);
    for (let step = 0; step < steps; step++) {
      current = this.step(random.chance(0.15) ? random.pick(this.live) : current);
      this.live.push(current);
    }
    const outputs = [current.id];
    const other = random.pick(this.live).id;
    const isInput = other < this.samples.length;
    if (random.chance(0.3) && !isInput && other !== current.id) outputs.push(other);
    if (this.nodes === 0 || current.id < this.samples.length) {
      outputs[0] = this.unary(current, { fn: 'relu' }).id;
    }
    return { graph: this.builder.finish('random', outputs), inputs: this.samples };
  }

  private input(): Tensor {
    const { random } = this;
    const [height, width] = [random.integer(1, 7), random.integer(1, 7)];
    const shape = [1, height, width, random.pick([1, 2, 3, 5, 8, 33])];
    const name = `input ${this.samples.length}`;
    const id = this.builder.input(name, { dtype: 'f32', shape });
    const data = random.floats(elementCount(shape), () => random.integer(-8, 8) / 8);
    this.samples.push(data);
    const tensor: Tensor = { id, grid: { exponent: 3, limit: 8 }, isExactPath: false };
    this.live.push(tensor);
    return tensor;
  }

  /** One random op, or a few that belong together, on top of a tensor. */
  private step(x: Tensor): Tensor {
    const { random } = this;
    const choice = random.integer(0, 19);
    if (choice <= 5) return this.layerToSign(x);
    if (choice <= 8) return this.layer(this.sign(x), 'binary');
    switch (choice) {
      case 9:
        return this.layer(x, random.pick(['binary', 'float']));
      case 10:
      case 11:
        return this.affineChain(x);
      case 12:
        return this.unary(x, this.simpleFunction());
      case 13:
        return this.maxPool(x);
      case 14:
        return this.residual(x);
      case 15:
        return this.concat(x);
      case 16:
        return this.pad(x);
      case 17:
        return this.averagePool(x);
      case 18:
        return this.rearrange(x);
      default:
        return this.sign(x);
    }
  }

  // Layers.

  /** Layer, monotone steps, sign, and a layer that takes the bits. */
  private layerToSign(x: Tensor): Tensor {
    const { random } = this;
    const hasBits = x.domain !== undefined || !x.grid || random.chance(0.6);
    let y = this.layer(hasBits ? this.sign(x) : x, random.chance(0.8) ? 'binary' : 'float');
    const steps = random.integer(0, 3);
    for (let i = 0; i < steps; i++) {
      const choice = random.integer(0, 5);
      if (choice <= 1) y = this.batchNorm(y, 'arbitrary');
      else if (choice === 2) y = this.arbitraryConstantOp(y);
      else if (choice === 3) y = this.maxPool(y);
      else if (choice === 4) y = this.unary(y, this.monotoneFunction());
      else y = this.reshapeKeepingChannels(y);
    }
    const bits = this.sign(y);
    if (random.chance(0.2)) this.live.push(bits);
    return this.layer(random.chance(0.3) ? this.maxPool(bits) : bits, 'binary', 'unpadded');
  }

  /** A layer of any kind that fits the tensor; what has no grid gets a sign first. */
  private layer(from: Tensor, kind: 'binary' | 'float', input: 'unpadded' | 'any' = 'any'): Tensor {
    const x = from.grid ? from : this.sign(from);
    const shape = this.shape(x);
    if (shape.length === 2 || (shape.length === 4 && this.random.chance(0.15))) {
      return this.dense(this.random.chance(0.7) ? this.flatten(x) : x, kind);
    }
    return this.convolution(input === 'any' && this.random.chance(0.25) ? this.pad(x) : x, kind, x);
  }

  private convolution(x: Tensor, kind: 'binary' | 'float', from: Tensor): Tensor {
    const { random } = this;
    const [, height, width, channels] = this.shape(x) as [number, number, number, number];
    const isPadded = x !== from;
    const dilations: Pair = random.chance(0.15) ? [2, random.integer(1, 2)] : [1, 1];
    const kernel = [height, width].map((size, axis) => {
      const most = Math.floor((Math.min(size, 9) - 1) / (dilations[axis] as number)) + 1;
      return Math.min(random.integer(1, 5), most);
    }) as [number, number];
    const pads: Pads =
      !isPadded && random.chance(0.6)
        ? [
            this.padSize(kernel[0]),
            this.padSize(kernel[1]),
            this.padSize(kernel[0]),
            this.padSize(kernel[1]),
          ]
        : [0, 0, 0, 0];
    const strides: Pair = [random.pick([1, 1, 2]), random.pick([1, 1, 2, 3])];
    const window = { strides, dilations, pads, padValue: 0, epilogue: LINEAR } as const;
    if (random.chance(0.2)) {
      const multiplier = random.pick([1, 1, 2]);
      const operands = this.layerOperands(
        x,
        kind,
        [...kernel, channels, multiplier],
        channels * multiplier,
      );
      if (!operands) return this.sign(x);
      return this.node(
        'depthwiseConv2d',
        (from) =>
          this.builder.add('depthwiseConv2d', window, [x.id, operands.w, operands.bias], from),
        operands.marks,
      );
    }
    const groups = channels % 2 === 0 && random.chance(0.15) ? 2 : 1;
    const outputs = groups * random.pick([1, 2, 3, 4, 5, 9, 17, 33]);
    const operands = this.layerOperands(x, kind, [...kernel, channels / groups, outputs], outputs);
    if (!operands) return this.sign(x);
    return this.node(
      'conv2d',
      (from) =>
        this.builder.add('conv2d', { ...window, groups }, [x.id, operands.w, operands.bias], from),
      operands.marks,
    );
  }

  private padSize(kernel: number): number {
    return this.random.integer(0, Math.floor(kernel / 2));
  }

  private dense(x: Tensor, kind: 'binary' | 'float'): Tensor {
    const inputs = this.shape(x).at(-1) as number;
    const outputs = this.random.pick([1, 2, 3, 7, 10, 33]);
    const operands = this.layerOperands(x, kind, [inputs, outputs], outputs);
    if (!operands) return this.sign(x);
    return this.node(
      'dense',
      (from) =>
        this.builder.add('dense', { epilogue: LINEAR }, [x.id, operands.w, operands.bias], from),
      operands.marks,
    );
  }

  /**
   * Weights and bias, with what may follow; undefined when the sums would leave the grid. Weights
   * are ±s per channel for binary layers, s being arbitrary only where the sums are integers.
   */
  private layerOperands(
    x: Tensor,
    kind: 'binary' | 'float',
    shape: Shape,
    channels: number,
  ): { w: ValueId; bias: ValueId; marks: Omit<Tensor, 'id'> } | undefined {
    const { random } = this;
    const { grid } = x;
    const count = elementCount(shape);
    const products = count / channels;
    const hasZeroChannel = kind === 'binary' && random.chance(0.05);
    const isInteger =
      kind === 'binary' && x.domain !== undefined && products > 1 && !hasZeroChannel;
    const isArbitrary = isInteger && random.chance(0.25);
    const scaleOf = (): number => {
      if (isArbitrary) return Math.abs(random.float()) + 0.01;
      return isInteger ? random.pick([1, 1, 1, 0.5, 0.75]) : random.pick([1, 1, 0.5]);
    };
    const isUniform = random.chance(0.6);
    const scale = scaleOf();
    const scales = Array.from({ length: channels }, () => (isUniform ? scale : scaleOf()));
    const weights = new Float32Array(count).map((_, i) => {
      if (kind === 'float') return random.integer(-3, 3) / 4;
      if (hasZeroChannel && i % channels === 0) return 0;
      return (random.chance(0.5) ? -1 : 1) * (scales[i % channels] as number);
    });
    const after = grid && sumGrid(grid, products);
    if (!grid || !after || (after.limit > MOST_UNITS && !isInteger)) return undefined;
    const biasKind = random.integer(0, 3);
    const bias = random.floats(channels, () => {
      if (biasKind <= 1) return 0;
      if (biasKind === 2 || !isInteger) return random.integer(-4, 4) / 4;
      return random.float();
    });
    const isGrid = !isArbitrary && (biasKind !== 3 || !isInteger);
    return {
      w: this.builder.constant('w', shape, weights),
      bias: this.builder.constant('bias', [channels], bias),
      marks: { ...(isGrid ? { grid: after } : {}), isExactPath: isInteger },
    };
  }

  // Elementwise.

  private sign(x: Tensor): Tensor {
    if (x.domain) return x;
    const fn = this.random.chance(0.2) ? 'heaviside' : 'sign';
    const y = this.unary(x, { fn });
    return { id: y.id, grid: { exponent: 0, limit: 1 }, isExactPath: true, domain: fn };
  }

  /** Behind a layer more often than not, where they are folded. */
  private affineChain(x: Tensor): Tensor {
    const { random } = this;
    let y = random.chance(0.6) ? this.layer(x, random.pick(['binary', 'float'])) : x;
    const steps = random.integer(1, 3);
    for (let i = 0; i < steps; i++) y = random.chance(0.6) ? this.affine(y) : this.constantOp(y);
    return y;
  }

  private affine(x: Tensor): Tensor {
    return this.batchNorm(x, x.isExactPath ? this.random.pick(['arbitrary', 'dyadic']) : 'dyadic');
  }

  /** Slopes are negative in a third of the channels and 0 in some. */
  private batchNorm(x: Tensor, kind: 'arbitrary' | 'dyadic'): Tensor {
    const { random } = this;
    const channels = this.shape(x).at(-1) as number;
    const isDyadic = kind === 'dyadic';
    const grid = isDyadic && x.grid ? affineGrid(x.grid) : undefined;
    if (isDyadic && x.grid && !grid) return this.sign(x);
    const constant = (next: () => number): ValueId =>
      this.builder.constant('bn', [channels], random.floats(channels, next));
    const quarter = (): number => random.integer(-8, 8) / 4;
    const spread = random.pick([0.01, 1, 20]);
    const mean = constant(isDyadic ? quarter : () => random.float() * spread);
    const scale = constant(() => {
      if (random.chance(0.1)) return 0;
      const size = isDyadic ? random.pick([0.5, 1, 2]) : Math.abs(random.float()) + 1e-3;
      return random.chance(0.33) ? -size : size;
    });
    const offset = constant(isDyadic ? quarter : () => random.float() * random.pick([0, 1, 3]));
    const marks = { ...(grid ? { grid } : {}), isExactPath: x.isExactPath };
    return this.node(
      'bn',
      (from) =>
        this.builder.add('batchNorm', { activation: IDENTITY }, [x.id, mean, scale, offset], from),
      marks,
    );
  }

  /** x op c or c op x, with a constant per channel or a scalar. */
  private constantOp(x: Tensor): Tensor {
    if (x.isExactPath && this.random.chance(0.6)) return this.arbitraryConstantOp(x);
    if (!x.grid) return this.unary(x, { fn: 'neg' });
    const grid = affineGrid(x.grid);
    if (!grid) return this.sign(x);
    const fn = this.random.pick(['add', 'sub', 'mul', 'max', 'min', 'div'] as const);
    const next =
      fn === 'mul' || fn === 'div'
        ? () => this.random.pick([0.5, 1, -1, 2])
        : () => this.random.integer(-8, 8) / 4;
    return this.binaryWithConstant(x, fn, next, { grid, isExactPath: x.isExactPath });
  }

  private arbitraryConstantOp(x: Tensor): Tensor {
    const { random } = this;
    const fn = random.pick(['add', 'sub', 'mul', 'div', 'max', 'min', 'prelu'] as const);
    const next = (): number => {
      if (fn === 'div') return random.pick([-1, 1]) * (0.1 + Math.abs(random.float()));
      if (fn === 'prelu') return Math.abs(random.float());
      return random.float() * 4;
    };
    return this.binaryWithConstant(x, fn, next, { isExactPath: x.isExactPath });
  }

  private binaryWithConstant(
    x: Tensor,
    fn: BinaryFn,
    next: () => number,
    marks: Omit<Tensor, 'id'>,
  ): Tensor {
    const { random } = this;
    const channels = this.shape(x).at(-1) as number;
    const shape = random.pick([[channels], [1], [], [1, channels]]);
    const c = this.builder.constant('c', shape, random.floats(elementCount(shape), next));
    const isFirst = fn !== 'div' && fn !== 'prelu' && random.chance(0.3);
    const operands = isFirst ? [c, x.id] : [x.id, c];
    return this.node(
      fn,
      (from) => this.builder.add('binary', { fn, activation: IDENTITY }, operands, from),
      marks,
    );
  }

  /** One rounding, and dyadic for dyadic arguments. */
  private simpleFunction(): Unary {
    return this.random.pick<Unary>([
      { fn: 'relu' },
      { fn: 'relu6' },
      { fn: 'neg' },
      { fn: 'abs' },
      { fn: 'clip', min: -1, max: 1 },
      { fn: 'leakyRelu', alpha: 0.5 },
      { fn: 'identity' },
    ]);
  }

  private monotoneFunction(): Unary {
    return this.random.pick<Unary>([
      { fn: 'relu' },
      { fn: 'clip', min: -1, max: 1 },
      { fn: 'leakyRelu', alpha: 0.3 },
      { fn: 'tanh' },
      { fn: 'sigmoid' },
      { fn: 'neg' },
      { fn: 'hardSigmoid', alpha: 0.2, beta: 0.5 },
    ]);
  }

  private unary(x: Tensor, unary: Unary): Tensor {
    const grid = x.grid && affineGrid(x.grid);
    if (x.grid && !grid && unary.fn === 'leakyRelu') return this.unary(x, { fn: 'relu' });
    const isGridKept =
      x.grid && !['leakyRelu', 'tanh', 'sigmoid', 'hardSigmoid'].includes(unary.fn);
    const kept = isGridKept
      ? x.grid
      : unary.fn === 'leakyRelu' && unary.alpha === 0.5
        ? grid
        : undefined;
    return this.node(unary.fn, (from) => this.builder.add('unary', { unary }, [x.id], from), {
      ...(kept ? { grid: { ...kept, limit: Math.max(kept.limit, 6 * 2 ** kept.exponent) } } : {}),
      isExactPath: x.isExactPath,
    });
  }

  // Two tensors.

  private residual(x: Tensor): Tensor {
    const fits = (other: Tensor): boolean => {
      return other.id !== x.id && sameShape(this.shape(other), this.shape(x));
    };
    const other = this.partner(x, fits) ?? this.branch(x);
    if (!other) return this.affine(x);
    const marks = joinMarks(x, other, 2);
    if (!marks) return this.sign(x);
    const fn = this.random.pick(['add', 'add', 'sub'] as const);
    return this.node(
      fn,
      (from) => this.builder.add('binary', { fn, activation: IDENTITY }, [x.id, other.id], from),
      marks,
    );
  }

  /** A binary convolution of the signs of an image, with the image's shape. */
  private branch(x: Tensor): Tensor | undefined {
    const { random } = this;
    const shape = this.shape(x);
    if (shape.length !== 4) return undefined;
    const channels = shape[3] as number;
    const size = random.pick([1, 3]);
    const pad = (size - 1) / 2;
    const signs = this.sign(x);
    const operands = this.layerOperands(
      signs,
      'binary',
      [size, size, channels, channels],
      channels,
    );
    if (!operands) return undefined;
    const window = {
      strides: [1, 1],
      dilations: [1, 1],
      pads: [pad, pad, pad, pad],
      padValue: 0,
      groups: 1,
      epilogue: LINEAR,
    } as const;
    const y = this.node(
      'conv2d',
      (from) => this.builder.add('conv2d', window, [signs.id, operands.w, operands.bias], from),
      operands.marks,
    );
    return random.chance(0.7) ? this.batchNorm(y, 'arbitrary') : y;
  }

  private concat(x: Tensor): Tensor {
    const shape = this.shape(x);
    const fits = (other: Tensor): boolean => {
      const otherShape = this.shape(other);
      return sameShape(otherShape.slice(0, -1), shape.slice(0, -1)) && this.isSmall(otherShape);
    };
    const other = this.partner(x, fits) ?? x;
    const marks = joinMarks(x, other, 1);
    if (!marks || !this.isSmall(shape)) return this.maxPool(x);
    const sameDomain = x.domain && x.domain === other.domain ? { domain: x.domain } : {};
    return this.node(
      'concat',
      (from) => this.builder.add('concat', { axis: shape.length - 1 }, [x.id, other.id], from),
      { ...marks, ...sameDomain },
    );
  }

  /** Another tensor that both allow to be joined with. */
  private partner(x: Tensor, fits: (other: Tensor) => boolean): Tensor | undefined {
    const found = this.live.filter((other) => {
      const allowed = (x.isExactPath && other.isExactPath) || (x.grid && other.grid);
      return allowed && fits(other);
    });
    return found.length > 0 ? this.random.pick(found) : undefined;
  }

  // Windows and shapes.

  private maxPool(x: Tensor): Tensor {
    const { random } = this;
    const [, height, width] = this.shape(x);
    if (this.shape(x).length !== 4 || height === undefined || width === undefined) return x;
    const size: Pair = [
      Math.min(random.integer(1, 3), height),
      Math.min(random.integer(1, 3), width),
    ];
    const strides: Pair = [random.integer(1, 2), random.integer(1, 2)];
    const pad = (window: number): number => (random.chance(0.3) ? Math.floor(window / 2) : 0);
    const pads: Pads = [pad(size[0]), pad(size[1]), pad(size[0]), pad(size[1])];
    const { id: _, ...marks } = x;
    return this.node(
      'pool',
      (from) =>
        this.builder.add('maxPool2d', { size, strides, dilations: [1, 1], pads }, [x.id], from),
      marks,
    );
  }

  /** Windows of 1, 2 or 4 elements, whose average is dyadic. */
  private averagePool(x: Tensor): Tensor {
    const { random } = this;
    const [, height, width] = this.shape(x);
    const grid = x.grid && affineGrid(x.grid);
    if (!grid || this.shape(x).length !== 4 || height === undefined || width === undefined) {
      return this.maxPool(x);
    }
    const size: Pair = [
      Math.min(random.integer(1, 2), height),
      Math.min(random.integer(1, 2), width),
    ];
    const strides: Pair = [random.integer(1, 2), random.integer(1, 2)];
    const attrs = { size, strides, dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
    return this.node('average', (from) => this.builder.add('averagePool2d', attrs, [x.id], from), {
      grid,
      isExactPath: false,
    });
  }

  private pad(x: Tensor): Tensor {
    return this.shape(x).length === 4 ? this.padImage(x) : x;
  }

  private padImage(x: Tensor): Tensor {
    const { random } = this;
    const size = (): number => random.integer(0, 2);
    const before = [0, size(), size(), 0];
    const after = [0, size(), size(), 0];
    const value = random.pick([0, 0, 1, 1, -1, 0.5]);
    const keeps =
      (x.domain === 'sign' && Math.abs(value) === 1) ||
      (x.domain === 'heaviside' && (value === 0 || value === 1));
    const grid = x.grid && affineGrid(x.grid);
    if (x.grid && !grid) return x;
    return this.node(
      'pad',
      (from) => this.builder.add('pad', { before, after, value }, [x.id], from),
      {
        ...(grid ? { grid } : {}),
        isExactPath: x.isExactPath,
        ...(keeps && x.domain ? { domain: x.domain } : {}),
      },
    );
  }

  private flatten(x: Tensor): Tensor {
    const shape = this.shape(x);
    if (shape.length === 2) return x;
    return this.reshaped(x, [1, elementCount(shape)]);
  }

  private reshapeKeepingChannels(x: Tensor): Tensor {
    const shape = this.shape(x);
    if (shape.length !== 4) return x;
    const channels = shape[3] as number;
    return this.reshaped(x, [1, 1, elementCount(shape) / channels, channels]);
  }

  private reshaped(x: Tensor, shape: Shape): Tensor {
    const { id: _, ...marks } = x;
    return this.node(
      'reshape',
      (from) => this.builder.add('reshape', { shape }, [x.id], from),
      marks,
    );
  }

  /** Reshapes, transposes, slices, repeats: elements move, none changes. */
  private rearrange(x: Tensor): Tensor {
    const { random } = this;
    const shape = this.shape(x);
    const { id: _, ...marks } = x;
    if (shape.length !== 4) return this.reshaped(x, [1, 1, ...shape]);
    const [, height, width] = shape as [number, number, number, number];
    switch (random.integer(0, 4)) {
      case 0:
        return this.reshapeKeepingChannels(x);
      case 1:
        return this.channelsFirstAndBack(x);
      case 2: {
        const size: Pair = [height * 2, width];
        if (!this.isSmall(shape)) return x;
        return this.node(
          'resize',
          (from) => this.builder.add('resize2d', { mode: 'nearest', size }, [x.id], from),
          marks,
        );
      }
      case 3: {
        const rows = random.integer(1, height);
        const size = shape.with(1, rows);
        const begin = [0, height - rows, 0, 0];
        return this.node(
          'slice',
          (from) => this.builder.add('slice', { begin, size, step: [1, 1, 1, 1] }, [x.id], from),
          marks,
        );
      }
      default:
        return this.node(
          'turn',
          (from) => this.builder.add('transpose', { perm: [0, 2, 1, 3] }, [x.id], from),
          marks,
        );
    }
  }

  /** A function between two transposes, as sources with channels first have it. */
  private channelsFirstAndBack(x: Tensor): Tensor {
    const { id: _, ...marks } = x;
    const first = this.node(
      'to nchw',
      (from) => this.builder.add('transpose', { perm: [0, 3, 1, 2] }, [x.id], from),
      marks,
    );
    const middle = this.random.chance(0.5) ? this.unary(first, this.simpleFunction()) : first;
    const { id: __, ...after } = middle;
    return this.node(
      'to nhwc',
      (from) => this.builder.add('transpose', { perm: [0, 2, 3, 1] }, [middle.id], from),
      after,
    );
  }

  private node(
    name: string,
    add: (from: { name: string; sourceOp: string }) => ValueId,
    marks: Omit<Tensor, 'id'>,
  ): Tensor {
    const from = { name: `${name} ${this.nodes++}`, sourceOp: name };
    return { id: add(from), ...marks };
  }

  private shape(x: Tensor): Shape {
    return this.builder.shape(x.id);
  }

  private isSmall(shape: Shape): boolean {
    return elementCount(shape) <= MOST_ELEMENTS;
  }
}

/** Sums of products with weights n/4, |n| <= 4, and a bias. */
function sumGrid({ exponent, limit }: Grid, products: number): Grid {
  const bias = 2 ** exponent * 4;
  return { exponent: exponent + 2, limit: (products * limit + bias) * 4 };
}

/** After (x - m/4)·2^±1 + o/4 or an average of four; undefined when that leaves the grid. */
function affineGrid({ exponent, limit }: Grid): Grid | undefined {
  const finer = Math.max(exponent, 2) + 2;
  const grown = (limit * 2 ** (finer - exponent) + 2 * 2 ** finer) * 2 + 2 * 2 ** finer;
  return grown <= MOST_UNITS ? { exponent: finer, limit: grown } : undefined;
}

/** What a sum (factor 2) or a concatenation (factor 1) of two tensors allows. */
function joinMarks(a: Tensor, b: Tensor, factor: number): Omit<Tensor, 'id'> | undefined {
  const isExactPath = a.isExactPath && b.isExactPath;
  if (!a.grid || !b.grid) return isExactPath ? { isExactPath } : undefined;
  const exponent = Math.max(a.grid.exponent, b.grid.exponent);
  const limit = Math.max(
    ...[a.grid, b.grid].map((grid) => grid.limit * 2 ** (exponent - grid.exponent)),
  );
  if (limit * factor > MOST_UNITS) return undefined;
  return { grid: { exponent, limit: limit * factor }, isExactPath };
}

function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

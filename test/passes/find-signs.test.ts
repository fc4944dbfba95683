import { describe, expect, test } from 'vitest';
import type { Graph } from '../../src/ir/graph.ts';
import {
  type CompareFn,
  IDENTITY,
  type IntegerFn,
  type Unary,
  type ValueId,
} from '../../src/ir/ops.ts';
import { Interpreter } from '../../src/ir/reference/interpreter.ts';
import { findSigns } from '../../src/passes/find-signs.ts';
import { simplify } from '../../src/passes/simplify.ts';
import { Random } from '../support/random.ts';
import { Source, text } from './support.ts';

/** A source with the elementwise ops of step functions, on 9 numbers around 0 and ±0.5. */
class StepSource extends Source {
  readonly x = this.input(9);

  number(value: number): ValueId {
    return this.constant([], [value]);
  }

  integer(value: number): ValueId {
    return this.builder.constant('c', { dtype: 'i32', shape: [] }, Int32Array.of(value));
  }

  compare(fn: CompareFn, a: ValueId, b: ValueId): ValueId {
    return this.add('compare', { fn }, [a, b]);
  }

  where(condition: ValueId, a: number, b: number): ValueId {
    return this.add('where', {}, [condition, this.number(a), this.number(b)]);
  }

  cast(x: ValueId, to: 'f32' | 'i32'): ValueId {
    return this.add('cast', { to }, [x]);
  }

  logic(fn: IntegerFn, a: ValueId, b: ValueId): ValueId {
    return this.add('integer', { fn }, [a, b]);
  }

  plus(x: ValueId, value: number): ValueId {
    return this.binary('add', x, this.number(value));
  }

  times(x: ValueId, value: number): ValueId {
    return this.binary('mul', x, this.number(value));
  }
}

const NUMBERS = [-2, -0.5, -0.25, -1e-40, 0, 1e-40, 0.25, 0.5, 2];

type Make = (source: StepSource, x: ValueId) => ValueId;

function lower(make: Make): Graph {
  const source = new StepSource();
  const graph = source.finish(make(source, source.x));
  const found = simplify.run(findSigns.run(graph));
  for (const input of [NUMBERS, NUMBERS.toReversed()]) {
    const x = Float32Array.from(input);
    const [expected] = new Interpreter(graph).run([x]);
    const [actual] = new Interpreter(found).run([x.slice()]);
    expect(Array.from(actual ?? [], (value) => value + 0)).toEqual(
      Array.from(expected ?? [], (value) => value + 0),
    );
  }
  return found;
}

/** What is left, innermost first: functions, or what is added and multiplied. */
function left(make: Make): string[] {
  const graph = lower(make);
  return graph.nodes.map((node) => {
    if (node.op === 'unary') return node.attrs.unary.fn;
    return node.op === 'binary' ? node.attrs.fn : node.op;
  });
}

const signum: Unary = { fn: 'signum' };
const plusSign =
  (c: number): Make =>
  (s, x) =>
    s.unary(s.plus(s.unary(x, signum), c), signum);

const SIGNS: [string, Make, string[]][] = [
  ['Sign(Sign(x) + 0.1)', plusSign(0.1), ['sign']],
  ['Sign(Sign(x) + 0.9)', plusSign(0.9), ['sign']],
  ['Sign(Sign(x) - 0.5)', plusSign(-0.5), ['neg', 'sign', 'neg']],
  ['Sign(Sign(x) + 0)', plusSign(0), ['signum']],
  ['Sign(Sign(x) + 1)', plusSign(1), ['neg', 'heaviside', 'sub']],
  ['x >= 0 ? 1 : -1', (s, x) => s.where(s.compare('lessOrEqual', s.number(0), x), 1, -1), ['sign']],
  ['x < 0 ? -1 : 1', (s, x) => s.where(s.compare('less', x, s.number(0)), -1, 1), ['sign']],
  [
    'x > 0 ? 1 : -1',
    (s, x) => s.where(s.compare('less', s.number(0), x), 1, -1),
    ['neg', 'sign', 'neg'],
  ],
  [
    'not (x < 0) ? 1 : -1',
    (s, x) => s.where(s.logic('xor', s.compare('less', x, s.number(0)), s.integer(1)), 1, -1),
    ['sign'],
  ],
  [
    '2 (x >= 0) - 1',
    (s, x) => s.plus(s.times(s.cast(s.compare('lessOrEqual', s.number(0), x), 'f32'), 2), -1),
    ['sign'],
  ],
  [
    'integers: 2 (x < 0) - 1, cast',
    (s, x) => {
      const twice = s.logic('mul', s.compare('less', x, s.number(0)), s.integer(2));
      return s.cast(s.logic('sub', twice, s.integer(1)), 'f32');
    },
    // x < 0 gives +1 here.
    ['sign', 'neg'],
  ],
  ['x > 0', (s, x) => s.cast(s.compare('less', s.number(0), x), 'f32'), ['heaviside']],
  [
    'x >= 0',
    (s, x) => s.cast(s.compare('lessOrEqual', s.number(0), x), 'f32'),
    ['neg', 'heaviside', 'sub'],
  ],
  [
    'x >= 0.25 ? 1 : -1',
    (s, x) => s.where(s.compare('lessOrEqual', s.number(0.25), x), 1, -1),
    ['sub', 'sign'],
  ],
  [
    'x >= 0 ? 0.75 : -0.75',
    (s, x) => s.where(s.compare('lessOrEqual', s.number(0), x), 0.75, -0.75),
    ['sign', 'mul'],
  ],
  [
    'x >= 0 ? 1 : -0.5',
    (s, x) => s.where(s.compare('lessOrEqual', s.number(0), x), 1, -0.5),
    ['sign', 'mul', 'add'],
  ],
  [
    'clip(sign(x))',
    (s, x) => s.unary(s.unary(x, 'sign'), { fn: 'clip', min: -1, max: 1 }),
    ['sign'],
  ],
  [
    'straight through: clip(x) + (sign(x) - clip(x))',
    (s, x) => {
      const clipped = s.unary(x, { fn: 'clip', min: -1, max: 1 });
      const detached = s.unary(s.binary('sub', s.unary(x, 'sign'), clipped), IDENTITY);
      return s.unary(s.binary('add', clipped, detached), { fn: 'round' });
    },
    ['sign'],
  ],
];

/** What is no sign stays: three values, an interval, two values of different arguments. */
const OTHERS: [string, Make][] = [
  ['signum', (s, x) => s.unary(x, signum)],
  ['signum + 0.25', (s, x) => s.plus(s.unary(x, signum), 0.25)],
  [
    'an interval',
    (s, x) => {
      const inside = s.logic(
        'and',
        s.compare('less', s.number(-0.5), x),
        s.compare('less', x, s.number(0.5)),
      );
      return s.where(inside, 1, -1);
    },
  ],
  ['equality', (s, x) => s.where(s.compare('equal', x, s.number(0)), 1, -1)],
  ['two arguments', (s, x) => s.binary('mul', s.unary(x, 'sign'), s.unary(s.plus(x, 1), 'sign'))],
];

/** A few elementwise ops on top of a first comparison or sign. */
function randomSteps(
  s: StepSource,
  x: ValueId,
  random: Random,
  numbers: readonly number[],
): ValueId {
  const number = (): ValueId => s.number(random.pick(numbers));
  const first = (): ValueId => {
    const fn = random.pick(['less', 'lessOrEqual', 'equal'] as const);
    const condition = s.compare(
      fn,
      ...(random.chance(0.5) ? ([x, number()] as const) : ([number(), x] as const)),
    );
    if (random.chance(0.3)) return s.cast(condition, 'f32');
    return s.where(condition, random.pick(numbers), random.pick(numbers));
  };
  const start = (): ValueId =>
    random.chance(0.5) ? first() : s.unary(x, random.pick([signum, 'sign', 'heaviside'] as const));
  let y = start();
  for (let step = random.integer(0, 4); step > 0; step--) {
    const choice = random.integer(0, 4);
    if (choice === 0) y = s.unary(y, random.pick([signum, 'sign', 'heaviside', 'relu'] as const));
    else if (choice === 1) y = s.plus(y, random.pick(numbers));
    else if (choice === 2) y = s.times(y, random.pick(numbers));
    else if (choice === 3) y = s.binary(random.pick(['add', 'mul', 'max', 'sub']), y, start());
    else y = s.where(s.compare('less', y, number()), random.pick(numbers), random.pick(numbers));
  }
  return y;
}

describe('find-signs', () => {
  test.each(SIGNS)('%s', (_, make, expected) => {
    expect(left(make)).toEqual(expected);
  });

  test.each(OTHERS)('%s stays', (_, make) => {
    const source = new StepSource();
    const graph = source.finish(make(source, source.x));
    expect(lower(make).nodes.length).toBe(graph.nodes.length);
  });

  test('random functions of steps keep every number', () => {
    const random = new Random(5);
    const numbers = [-2, -1, -0.5, -0.25, 0, 0.25, 0.5, 1, 2];
    let signs = 0;
    for (let graph = 0; graph < 300; graph++) {
      const found = lower((s, x) => randomSteps(s, x, random, numbers));
      signs += found.nodes.some((node) => node.op === 'unary' && node.attrs.unary.fn === 'sign')
        ? 1
        : 0;
    }
    expect(signs).toBeGreaterThan(60);
  });

  test('a threshold per channel is subtracted', () => {
    const source = new Source();
    const x = source.input(1, 2, 2, 3);
    const thresholds = source.constant([3], [0.5, 0, -1]);
    const above = source.add('compare', { fn: 'lessOrEqual' }, [thresholds, x]);
    const values = [source.constant([], [1]), source.constant([], [-1])];
    const graph = source.finish(source.add('where', {}, [above, ...values]));
    expect(text(findSigns.run(graph))).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,2,3]
      %1 = binary(%0, b: f32[3]{0.5, 0, -1}) fn=sub -> f32[1,2,2,3]  # where
      %2 = unary(%1) unary=sign -> f32[1,2,2,3]  # where
      return %2
      "
    `);
  });

  test('done twice changes nothing more', () => {
    for (const [name, make] of SIGNS) {
      const once = lower(make);
      expect(text(findSigns.run(once)), name).toBe(text(once));
    }
  });

  test('keeps what is always the same number, and comparisons that are returned', () => {
    const source = new StepSource();
    const condition = source.compare('less', source.x, source.number(0));
    const graph = source.finish(condition);
    expect(findSigns.run(graph).nodes).toEqual(graph.nodes);
  });
});

/** The textual form of graphs. */
import { expect, it } from 'vitest';
import { GraphBuilder } from '../../src/ir/builder.ts';
import { IDENTITY } from '../../src/ir/ops.ts';
import { printGraph } from '../../src/ir/print.ts';

const from = (name: string) => ({ name, sourceOp: 'Layer' });

it('prints layers, constants, attributes and names', () => {
  const builder = new GraphBuilder();
  const x = builder.input('x', { dtype: 'f32', shape: [1, 9, 9, 2] });
  const conv = builder.add(
    'conv2d',
    {
      strides: [2, 2],
      dilations: [1, 1],
      pads: [0, 1, 1, 1],
      padValue: 0,
      groups: 1,
      epilogue: { kind: 'linear', activation: { fn: 'leakyRelu', alpha: 0.25 } },
    },
    [
      x,
      builder.constant(
        'w',
        [3, 3, 2, 4],
        Float32Array.from({ length: 72 }, (_, i) => i),
      ),
      builder.constant('b', [4], Float32Array.of(0.1, -0, 1e-8, 3)),
    ],
    from('conv "1"\n# second line'),
  );
  const pooled = builder.add(
    'maxPool2d',
    { size: [2, 2], strides: [2, 1], dilations: [1, 1], pads: [0, 0, 0, 0] },
    [conv],
    from('pool'),
  );
  const scale = builder.constant('ones', [16], new Float32Array(16).fill(1));
  const flat = builder.add(
    'reshape',
    { shape: [1, 16] },
    [
      builder.add(
        'slice',
        { begin: [0, 0, 1, 0], size: [1, 2, 2, 4], step: [1, 1, 1, 1] },
        [pooled],
        from('crop'),
      ),
    ],
    from('flatten'),
  );
  const sum = builder.add(
    'binary',
    { fn: 'add', activation: { fn: 'relu' } },
    [flat, scale],
    from('add'),
  );
  const norm = builder.add('softmax', { axis: 1, variant: 'softmax' }, [sum], from('softmax'));
  expect(printGraph(builder.finish('net', [norm, sum]))).toMatchInlineSnapshot(`
    "%0 = input "x" -> f32[1,9,9,2]
    %1 = conv2d(%0, w: f32[3,3,2,4], bias: f32[4]{0.1, -0, 1e-8, 3}) strides=2 pads=[0,1,1,1] activation=leakyRelu(alpha=0.25) -> f32[1,4,5,4]  # conv \\"1\\"\\n# second line
    %2 = maxPool2d(%1) size=[2,2] strides=[2,1] -> f32[1,2,4,4]  # pool
    %3 = slice(%2) begin=[0,0,1,0] size=[1,2,2,4] -> f32[1,2,2,4]  # crop
    %4 = reshape(%3) shape=[1,16] -> f32[1,16]  # flatten
    %5 = binary(%4, b: f32[16]{all 1}) fn=add activation=relu -> f32[1,16]  # add
    %6 = softmax(%5) axis=1 -> f32[1,16]  # softmax
    return %6, %5
    "
  `);
});

it('prints bits, thresholds and epilogues', () => {
  const builder = new GraphBuilder();
  const x = builder.input('x', { dtype: 'f32', shape: [1, 3] });
  const three = (name: string, value: number) =>
    builder.constant(name, [3], new Float32Array(3).fill(value));
  const weights = (name: string, outputs: number, ...bits: number[]) =>
    builder.constant(name, { dtype: 'bit', shape: [3, outputs] }, Uint8Array.from(bits));
  const threshold = builder.constant('t', { dtype: 'i32', shape: [2] }, Int32Array.of(-1, 2));
  const bits = builder.add('binarize', {}, [x, three('t', 0), three('d', 1)], from('sign'));
  const hidden = builder.add(
    'dense',
    { epilogue: { kind: 'sign' } },
    [bits, weights('w', 2, 0, 1, 1, 0, 0, 0), threshold],
    from('hidden'),
  );
  const two = (value: number) => builder.constant('c', [2], Float32Array.of(value, value));
  const last = builder.add(
    'dense',
    { epilogue: { kind: 'norm', activation: IDENTITY } },
    [
      builder.add(
        'concat',
        { axis: 1 },
        [hidden, builder.constant('c', { dtype: 'bit', shape: [1, 1] }, Uint8Array.of(1))],
        from('join'),
      ),
      weights('w', 2, 1, 1, 1, 1, 1, 1),
      two(0),
      two(0.5),
      two(Number.NaN),
    ],
    from('last'),
  );
  expect(printGraph(builder.finish('net', [last]))).toMatchInlineSnapshot(`
    "%0 = input "x" -> f32[1,3]
    %1 = binarize(%0, threshold: f32[3]{all 0}, direction: f32[3]{all 1}) -> bit[1,3]  # sign
    %2 = dense(%1, w: bit[3,2]{+--+++}, threshold: i32[2]{-1, 2}) epilogue=sign -> bit[1,2]  # hidden
    %3 = concat(%2, x: bit[1,1]{-}) axis=1 -> bit[1,3]  # join
    %4 = dense(%3, w: bit[3,2]{all -}, mean: f32[2]{all 0}, scale: f32[2]{all 0.5}, offset: f32[2]{all NaN}) epilogue=norm -> f32[1,2]  # last
    return %4
    "
  `);
});

it('prints integers, choices, tables and what a cast leads to', () => {
  const builder = new GraphBuilder();
  const x = builder.input('x', { dtype: 'u8', shape: [1, 4] });
  const integers = (...values: number[]) =>
    builder.constant('c', { dtype: 'i32', shape: [values.length] }, Int32Array.from(values));
  const wide = builder.add('cast', { to: 'i32' }, [x], from('widen'));
  const shifted = builder.add('integer', { fn: 'shl' }, [wide, integers(3)], from('shift'));
  const limit = builder.constant('l', { dtype: 'i32', shape: [] }, Int32Array.of(-7));
  const less = builder.add('compare', { fn: 'less' }, [shifted, limit], from('less'));
  const chosen = builder.add('where', {}, [less, shifted, integers(1, 2, 3, 4)], from('where'));
  const floats = builder.add('cast', { to: 'f32' }, [chosen], from('to_float'));
  const indices = builder.constant('i', { dtype: 'i32', shape: [2, 2] }, Int32Array.of(0, 1, 2, 3));
  const weights = builder.constant('w', [2, 2], new Float32Array(4).fill(0.5));
  const halved = builder.add('resample', { axis: 1 }, [floats, indices, weights], from('halve'));
  const b = builder.constant('b', [2, 9], new Float32Array(18));
  const product = builder.add('matmul', {}, [halved, b], from('product'));
  const rounded = builder.add(
    'unary',
    { unary: { fn: 'shrink', lambda: 0.5, bias: 0.25 } },
    [product],
    from('shrink'),
  );
  const where = { fn: 'argMin', axis: 1, keepDims: false, last: true } as const;
  const place = builder.add('argReduce', where, [rounded], from('argmin'));
  const table = builder.constant('t', [2, 3], Float32Array.of(0, 1, 2, 3, 4, 5));
  const row = builder.add('gather', { axis: 1 }, [table, place], from('row'));
  expect(printGraph(builder.finish('net', [row, limit]))).toMatchInlineSnapshot(`
    "%0 = input "x" -> u8[1,4]
    %1 = cast(%0) to=i32 -> i32[1,4]  # widen
    %2 = integer(%1, b: i32[1]{3}) fn=shl -> i32[1,4]  # shift
    %3 = compare(%2, b: i32[]{-7}) fn=less -> i32[1,4]  # less
    %4 = where(%3, %2, b: i32[4]{1, 2, 3, 4}) -> i32[1,4]  # where
    %5 = cast(%4) to=f32 -> f32[1,4]  # to_float
    %6 = resample(%5, indices: i32[2,2]{0, 1, 2, 3}, weights: f32[2,2]{all 0.5}) axis=1 -> f32[1,2]  # halve
    %7 = matmul(%6, b: f32[2,9]{all 0}) -> f32[1,9]  # product
    %8 = unary(%7) unary=shrink(lambda=0.5,bias=0.25) -> f32[1,9]  # shrink
    %9 = argReduce(%8) fn=argMin axis=1 last=true -> i32[1]  # argmin
    %10 = gather(table: f32[2,3]{0, 1, 2, 3, 4, 5}, %9) axis=1 -> f32[2,1]  # row
    return %10, i32[]{-7}
    "
  `);
});

it('prints the states of recurrent layers', () => {
  const builder = new GraphBuilder();
  const x = builder.input('x', { dtype: 'f32', shape: [1, 3, 2] });
  const zeros = (...shape: number[]) =>
    builder.constant('c', shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
  const attrs = {
    cell: 'lstm',
    activation: { fn: 'tanh' },
    recurrentActivation: { fn: 'sigmoid' },
    goBackwards: true,
    returnSequences: true,
    resetAfter: false,
    returnCells: true,
  } as const;
  const weights = [zeros(2, 16), zeros(4, 16), zeros(16)];
  const states = [zeros(1, 4), zeros(1, 4), zeros(3, 4)];
  const y = builder.add('recurrent', attrs, [x, ...weights, ...states], from('lstm'));
  const norm = { groups: 4, epsilon: 0.001 };
  const normal = builder.add('groupNorm', norm, [y, zeros(8), zeros(8)], from('norm'));
  expect(printGraph(builder.finish('net', [normal]))).toMatchInlineSnapshot(`
    "%0 = input "x" -> f32[1,3,2]
    %1 = recurrent(%0, kernel: f32[2,16]{all 0}, recurrentKernel: f32[4,16]{all 0}, bias: f32[16]{all 0}, initialH: f32[1,4]{all 0}, initialC: f32[1,4]{all 0}, peepholes: f32[3,4]{all 0}) cell=lstm activation=tanh recurrentActivation=sigmoid goBackwards=true returnSequences=true returnCells=true -> f32[1,3,8]  # lstm
    %2 = groupNorm(%1, gamma: f32[8]{all 0}, beta: f32[8]{all 0}) groups=4 epsilon=0.001 -> f32[1,3,8]  # norm
    return %2
    "
  `);
});

it('numbers values by their place, not by their id', () => {
  const build = (unused: number): string => {
    const builder = new GraphBuilder();
    for (let i = 0; i < unused; i++) builder.constant('unused', [], Float32Array.of(1));
    const x = builder.input('x', { dtype: 'f32', shape: [] });
    return printGraph(
      builder.finish('net', [builder.add('unary', { unary: { fn: 'abs' } }, [x], from('a'))]),
    );
  };
  expect(build(3)).toBe(build(0));
});

/** Convolutions and products of matrices: which ops they become, and what is refused. */
import { describe, expect, test } from 'vitest';
import { importNode, type OneNode, problemOf, runNode } from '../../support/onnx-operator.ts';
import { floatTensor } from '../../support/onnx-writer.ts';

function ones(name: string, ...dims: readonly number[]): Uint8Array {
  const count = dims.reduce((product, size) => product * size, 1);
  return floatTensor(name, dims, new Array<number>(count).fill(1));
}

function conv(dims: readonly number[], attributes: OneNode['attributes'] = {}): OneNode {
  const inputs = { x: [1, 4, 5, 5] };
  return { op: 'Conv', operands: ['x', 'w'], inputs, tensors: [ones('w', ...dims)], attributes };
}

async function opsOf(one: OneNode): Promise<string[]> {
  return (await importNode(one)).nodes.map(({ op }) => op);
}

describe('Conv', () => {
  test('stands between transposes', async () => {
    expect(await opsOf(conv([2, 4, 3, 3]))).toEqual(['transpose', 'conv2d', 'transpose']);
  });

  test('with a group per channel is depthwise', async () => {
    expect(await opsOf(conv([8, 1, 3, 3], { group: 4 }))).toContain('depthwiseConv2d');
    expect(await opsOf(conv([4, 2, 3, 3], { group: 2 }))).toContain('conv2d');
  });

  test('of depthwise weights keeps the order of the channels', async () => {
    const tensors = [floatTensor('w', [4, 1, 1, 1], [1, 10, 100, 1000])];
    const one = { op: 'Conv', operands: ['x', 'w'], inputs: { x: [1, 2, 1, 1] }, tensors };
    const [y] = await runNode({ ...one, attributes: { group: 2 } }, [1, 2]);
    expect(y).toEqual({ shape: [1, 4, 1, 1], data: [1, 10, 200, 2000] });
  });

  test('puts the odd padding at the end, or the start with SAME_LOWER', async () => {
    const tensors = [floatTensor('w', [1, 1, 2], [1, 10])];
    const one = { op: 'Conv', operands: ['x', 'w'], inputs: { x: [1, 1, 3] }, tensors };
    const upper = await runNode({ ...one, attributes: { auto_pad: 'SAME_UPPER' } }, [1, 2, 3]);
    const lower = await runNode({ ...one, attributes: { auto_pad: 'SAME_LOWER' } }, [1, 2, 3]);
    expect(upper[0]).toEqual({ shape: [1, 1, 3], data: [21, 32, 3] });
    expect(lower[0]).toEqual({ shape: [1, 1, 3], data: [10, 21, 32] });
  });

  test.each<[string, OneNode['attributes'], readonly number[]]>([
    ["don't divide into 3 groups", { group: 3 }, [3, 1, 3, 3]],
    ["don't divide into 0 groups", { group: 0 }, [2, 4, 3, 3]],
    ['for 2 channels, its input has 4', {}, [2, 2, 3, 3]],
    ['where 4 axes are expected', {}, [2, 4, 3]],
    ['kernel_shape is [2, 2]', { kernel_shape: [2, 2] }, [2, 4, 3, 3]],
    ['strides has 1 entries', { strides: [1] }, [2, 4, 3, 3]],
    ['strides contains 0', { strides: [1, 0] }, [2, 4, 3, 3]],
    ['pads contains -1', { pads: [0, -1, 0, 0] }, [2, 4, 3, 3]],
    ['larger than its image', {}, [2, 4, 6, 6]],
  ])('is damaged: %s', async (text, attributes, dims) => {
    const problem = await problemOf(conv(dims, attributes));
    expect(problem).toMatchObject({ code: 'corrupt', node: { name: 'it', op: 'Conv' } });
    expect(problem.found).toContain(text);
  });

  test('over three axes, with an unknown padding or computed weights is refused', async () => {
    const volume = { ...conv([2, 4, 1, 1, 1]), inputs: { x: [1, 4, 5, 5, 5] } };
    expect((await problemOf(volume)).found).toContain('3 spatial axes');
    const { found } = await problemOf(conv([2, 4, 3, 3], { auto_pad: 'MIRROR' }));
    expect(found).toBe('Its auto_pad is "MIRROR".');
    const inputs = { x: [1, 4, 5, 5], w: [2, 4, 3, 3] };
    const computed = await problemOf({ op: 'Conv', operands: ['x', 'w'], inputs });
    expect(computed.found).toBe(
      'It needs a constant as its weight tensor, but "w" depends on an input of the model.',
    );
  });
});

describe('ConvTranspose', () => {
  const one = (attributes: OneNode['attributes']): OneNode => ({
    op: 'ConvTranspose',
    operands: ['x', 'w'],
    inputs: { x: [1, 1, 2] },
    tensors: [floatTensor('w', [1, 1, 3], [1, 10, 100])],
    attributes: { strides: [2], ...attributes },
  });

  test.each<[string, OneNode['attributes'], readonly number[]]>([
    ['whole', {}, [1, 10, 102, 20, 200]],
    ['cropped', { pads: [1, 0] }, [10, 102, 20, 200]],
    ['padded at its end', { output_padding: [1] }, [1, 10, 102, 20, 200, 0]],
    ['SAME_UPPER', { auto_pad: 'SAME_UPPER' }, [1, 10, 102, 20]],
    ['SAME_LOWER', { auto_pad: 'SAME_LOWER' }, [10, 102, 20, 200]],
    ['of a given size', { output_shape: [3] }, [10, 102, 20]],
    ['longer than the whole', { output_shape: [6] }, [1, 10, 102, 20, 200, 0]],
  ])('%s', async (_name, attributes, expected) => {
    const [y] = await runNode(one(attributes), [1, 2]);
    expect(y).toEqual({ shape: [1, 1, expected.length], data: expected });
  });

  test('cropped to nothing is refused', async () => {
    expect((await problemOf(one({ pads: [3, 3] }))).code).toBe('corrupt');
  });
});

describe('Gemm and MatMul', () => {
  const gemm = (c: Uint8Array): OneNode => ({
    op: 'Gemm',
    operands: ['x', 'w', 'c'],
    inputs: { x: [2, 3] },
    tensors: [ones('w', 3, 2), c],
  });

  test('with constants are dense layers; a C per column is their bias', async () => {
    expect(await opsOf(gemm(floatTensor('c', [1, 2], [5, 6])))).toEqual(['dense']);
    expect(await opsOf(gemm(floatTensor('c', [], [5])))).toEqual(['dense']);
    expect(await opsOf(gemm(floatTensor('c', [2, 1], [5, 6])))).toEqual(['dense', 'binary']);
    const [y] = await runNode(gemm(floatTensor('c', [2], [5, 6])), [1, 2, 3, 4, 5, 6]);
    expect(y?.data).toEqual([11, 12, 20, 21]);
  });

  test('with a C that would widen the result are damaged', async () => {
    const problem = await problemOf(gemm(ones('c', 4, 2, 2)));
    expect(problem.found).toContain('Its C has the shape [4, 2, 2]');
  });

  test('of two computed matrices are products, of vectors too', async () => {
    const one = { op: 'MatMul', operands: ['a', 'b'], inputs: { a: [3], b: [2, 3, 1] } };
    const [y] = await runNode(one, [1, 2, 3], [1, 1, 1, 1, 0, 0]);
    expect(y).toEqual({ shape: [2, 1], data: [6, 1] });
  });

  test('of a scalar are damaged', async () => {
    const one = { op: 'MatMul', operands: ['a', 'b'], inputs: { a: [], b: [3] } };
    expect((await problemOf(one)).found).toBe('It multiplies a scalar.');
  });
});

/** Quantization: ties, saturation and types, and the quantizers of QONNX. */
import { describe, expect, test } from 'vitest';
import { type OneNode, problemOf, runNode } from '../../support/onnx-operator.ts';
import { floatTensor, intTensor, onnxNode } from '../../support/onnx-writer.ts';

const UINT8 = 2;
const INT8 = 3;

function quantize(type: number, zero: number): OneNode {
  return {
    op: 'QuantizeLinear',
    operands: ['x', 'scale', 'zero'],
    inputs: { x: [6] },
    tensors: [floatTensor('scale', [], [0.5]), intTensor('z', [], [zero])],
    before: [onnxNode('Cast', ['z'], ['zero'], { to: type })],
  };
}

describe('QuantizeLinear', () => {
  test('rounds halves to even before it adds the zero point, and saturates', async () => {
    const x = [0.25, 0.75, 1.25, -0.25, 1e30, -1e30];
    expect((await runNode(quantize(UINT8, 3), x))[0]?.data).toEqual([3, 5, 5, 3, 255, 0]);
    expect((await runNode(quantize(INT8, -1), x))[0]?.data).toEqual([-1, 1, 1, -1, 127, -128]);
  });

  test('to another type, or by blocks that do not fit, is a problem', async () => {
    const { found } = await problemOf(quantize(6, 0));
    expect(found).toBe('It quantizes to int32.');
    const blocks: OneNode = {
      op: 'QuantizeLinear',
      operands: ['x', 'scale'],
      inputs: { x: [4, 6] },
      tensors: [floatTensor('scale', [4, 2], [1, 1, 1, 1, 1, 1, 1, 1])],
      attributes: { block_size: 2 },
      opset: 21,
    };
    expect((await problemOf(blocks)).found).toContain("[4, 2] don't fit blocks of 2");
    const [y] = await runNode({ ...blocks, attributes: { block_size: 4 } }, new Array(24).fill(7));
    expect(y?.data).toEqual(new Array(24).fill(7));
  });
});

describe('DequantizeLinear', () => {
  test('of floats is refused', async () => {
    const tensors = [floatTensor('scale', [], [0.5])];
    const one = { op: 'DequantizeLinear', operands: ['x', 'scale'], inputs: { x: [2] }, tensors };
    const problem = await problemOf(one);
    expect(problem.code).toBe('unsupported');
    expect(problem.found).toBe('It computes with float, where integers are expected.');
  });
});

describe('MatMulInteger', () => {
  test('takes zero points per row and per column', async () => {
    const cast = (name: string) => onnxNode('Cast', [`${name}64`], [name], { to: UINT8 });
    const one: OneNode = {
      op: 'MatMulInteger',
      operands: ['a', 'b', 'za', 'zb'],
      inputs: { x: [2, 2] },
      tensors: [
        intTensor('b64', [2, 2], [1, 2, 3, 4]),
        intTensor('za64', [2], [1, 2]),
        intTensor('zb64', [2], [1, 2]),
      ],
      before: [onnxNode('Cast', ['x'], ['a'], { to: UINT8 }), ...['b', 'za', 'zb'].map(cast)],
    };
    const [y] = await runNode(one, [1, 2, 3, 4]);
    expect(y?.data).toEqual([2, 2, 4, 4]);
  });
});

test('MatMulInteger keeps the rank of a vector whose zero point is a list of one', async () => {
  const one: OneNode = {
    op: 'MatMulInteger',
    operands: ['a', 'b', 'zero'],
    inputs: { x: [2] },
    tensors: [intTensor('weights', [2, 3], [1, 2, 3, 4, 5, 6]), intTensor('z', [1], [1])],
    before: [
      onnxNode('Cast', ['x'], ['a'], { to: UINT8 }),
      onnxNode('Cast', ['weights'], ['b'], { to: UINT8 }),
      onnxNode('Cast', ['z'], ['zero'], { to: UINT8 }),
    ],
  };
  expect(await runNode(one, [2, 3])).toEqual([{ shape: [3], data: [9, 12, 15] }]);
});

/** The recorded ONNX models are complete: every model, with data of the size that its shape says. */
import { describe, expect, it } from 'vitest';
import {
  binaryFixtures,
  type OnnxFixture,
  type OnnxTensor,
  opFixtures,
  torchFixtures,
} from '../support/onnx-fixtures.ts';

/** The first field of a ModelProto is its ir_version, a varint. */
const IR_VERSION = 0x08;
const KINDS = ['b1_b1', 'f32_b1', 'b1_f32', 'f32_f32'];

function complaints(fixture: OnnxFixture): string[] {
  const tensors = fixture.cases.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]);
  return [
    ...(fixture.model[0] === IR_VERSION ? [] : ['the model is no ONNX file']),
    ...(fixture.cases.length === 3 ? [] : [`${fixture.cases.length} cases`]),
    ...fixture.cases.flatMap(({ outputs }) => (outputs.length > 0 ? [] : ['no outputs'])),
    ...tensors.flatMap(complaintsOfTensor),
    ...Object.values(fixture.expect ?? {}).filter((kind) => !KINDS.includes(kind)),
  ].map((complaint) => `${fixture.name}: ${complaint}`);
}

function complaintsOfTensor({ name, shape, data }: OnnxTensor): string[] {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const numbers = Array.from(data, Number);
  return [
    ...(data.length === size ? [] : [`${name} has ${data.length} values`]),
    ...(numbers.every(Number.isFinite) ? [] : [`${name} isn't finite`]),
  ];
}

describe('recorded ONNX models', () => {
  const groups: [string, () => OnnxFixture[], number][] = [
    ['torch', torchFixtures, 39],
    ['binary', binaryFixtures, 148],
    ['ops', opFixtures, 196],
  ];
  it.each(groups)('%s', (_, load, count) => {
    const fixtures = load();
    expect(fixtures).toHaveLength(count);
    expect(fixtures.flatMap(complaints)).toEqual([]);
  });

  it('binary: every model says what is to be found in it', () => {
    const silent = binaryFixtures().filter(({ expect }) => expect === undefined);
    expect(silent.map(({ name }) => name)).toEqual([]);
    const kinds = binaryFixtures().flatMap(({ expect }) => Object.values(expect ?? {}));
    expect([...new Set(kinds)].sort()).toEqual([...KINDS].sort());
  });

  it('torch: the ten kinds of networks are there', () => {
    const names = torchFixtures().map(({ name }) => name.slice('torch/'.length));
    expect(names).toEqual(
      expect.arrayContaining([
        ...['cnn', 'residual', 'depthwise_separable', 'conv1d', 'lstm', 'gru', 'conv_transpose'],
        ...['bnn_function', 'group_norm', 'upsample_nearest', 'upsample_bilinear', 'external'],
      ]),
    );
  });
});

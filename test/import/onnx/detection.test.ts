/**
 * Binary networks however they are written: which layers of the recorded models get kernels for
 * binary inputs and weights.
 */
import { describe, expect, test } from 'vitest';
import { readOnnxModel } from '../../../src/formats/onnx/model.ts';
import { nodeLabel } from '../../../src/import/onnx/order.ts';
import { optimize } from '../../../src/passes/index.ts';
import { planProgram } from '../../../src/plan/plan.ts';
import { targetNamed } from '../../../src/plan/targets.ts';
import { loadKernelSources } from '../../../src/toolchain/kernel-sources.ts';
import { binaryFixtures, type OnnxFixture, torchFixtures } from '../../support/onnx-fixtures.ts';
import { importFixture } from '../../support/onnx-models.ts';

/** Input and weights of each layer with weights, as its kernel reads them, by the layer's name. */
async function kernelsOf(fixture: OnnxFixture): Promise<Map<string, string>> {
  const options = { name: 'net', kernels: loadKernelSources() };
  const lowered = optimize(await importFixture(fixture));
  const { calls } = planProgram(lowered, targetNamed('portable'), options);
  return new Map(
    calls.flatMap(({ kernel, layer }) => {
      const types = /(?:conv2d|conv2d_add|dense)_([a-z0-9]+)_([a-z0-9]+)_[a-z0-9]+__/.exec(kernel);
      return types ? [[layer.name, `${types[1]}_${types[2]}`] as const] : [];
    }),
  );
}

/** Activations of 0 and 1 are not ±1, as the recordings count, but become bits all the same. */
const ZERO_ONE = ['binary/sign_plus_1', 'binary/where_zero_one'];

const expecting = [...torchFixtures(), ...binaryFixtures()].filter(({ expect }) => expect);

describe.each(expecting)('$name', (fixture) => {
  test('has binary layers where it should', async () => {
    const { nodes } = readOnnxModel(fixture.model).graph;
    const labels = new Map(nodes.map((node) => [node.outputs[0] ?? '', nodeLabel(node).name]));
    const kernels = await kernelsOf(fixture);
    const found = Object.keys(fixture.expect ?? {}).map((output) => [
      output,
      kernels.get(labels.get(output) ?? ''),
    ]);
    const expected = ZERO_ONE.includes(fixture.name) ? { y: 'b1_b1' } : {};
    expect(Object.fromEntries(found)).toEqual({ ...fixture.expect, ...expected });
  });
});

/**
 * Networks as PyTorch exports them, through C: what it computes is what ONNX Runtime computed, to
 * 1e-4. The newest exporter's ten here, with sanitizers; the slow suite has the rest.
 */
import { expect } from 'vitest';
import { type OnnxFixture, torchFixtures } from '../support/onnx-fixtures.ts';
import { differences, importFixture, inputsOf } from '../support/onnx-models.ts';
import { type Build, runCompiled, SANITIZED_GCC } from '../support/run-compiled.ts';
import { testWith } from '../support/tools.ts';

const NETWORKS = [
  'cnn',
  'residual',
  'depthwise_separable',
  'conv1d',
  'lstm',
  'gru',
  'conv_transpose',
  'bnn_function',
  'group_norm',
  'upsample_bilinear',
];
const AS_WASM = ['residual', 'lstm', 'bnn_function'];

async function check(fixture: OnnxFixture, build: Build): Promise<void> {
  const graph = await importFixture(fixture);
  const samples = fixture.cases.map((recorded) => inputsOf(graph, recorded));
  const results = await runCompiled(graph, build, samples);
  const found = fixture.cases.map((recorded, i) => differences(results[i] ?? [], recorded));
  expect(found.flat()).toEqual([]);
}

for (const fixture of torchFixtures()) {
  const name = fixture.name.replace('torch/', '');
  if (NETWORKS.includes(name)) {
    testWith(['gcc'], `${name}, gcc and sanitizers`, () => check(fixture, SANITIZED_GCC));
  }
  if (AS_WASM.includes(name)) {
    testWith([], `${name}, WebAssembly`, () => check(fixture, { target: 'wasm' }));
  }
}

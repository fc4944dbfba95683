/**
 * Recorded models all the way to WebAssembly: what the compiled C computes is what the library
 * computed that wrote the model. A few here; the slow suite takes all of them.
 */
import { describe, expect, test } from 'vitest';
import { openModel } from '../../src/cli/model-file.ts';
import { importModel } from '../../src/import/index.ts';
import { differences, recordedModels, samplesOf } from '../support/recorded-models.ts';
import { runCompiled } from '../support/run-compiled.ts';

const NAMES = [
  'keras2/batch_norm_chain',
  'keras2/several_inputs_outputs',
  'keras3/gru',
  'larq/chain_conv_pool_norm_exact',
  'larq/chain_conv_norm_pool_exact',
  'larq/chain_pool_overlapping_ordinary',
  'larq/conv2d_same_ones',
  'larq/residual_exact',
  'tfjs/quantized_uint8',
];

describe('recorded models, compiled to WebAssembly', () => {
  const models = recordedModels();
  test.each(NAMES)('%s', async (name) => {
    const model = models.find((candidate) => candidate.name === name);
    if (!model) throw new Error(`${name} isn't recorded`);
    const graph = await importModel(await openModel(model.files[0] as string));
    const results = await runCompiled(graph, { target: 'wasm' }, samplesOf(model));
    expect(differences(model, results)).toEqual([]);
  });
});

/**
 * Every recorded model through C, with gcc and the address and undefined-behaviour sanitizers: what
 * it computes is what the library computed that wrote the model.
 */
import { describe, expect } from 'vitest';
import { openModel } from '../../src/cli/model-file.ts';
import { importModel } from '../../src/import/index.ts';
import { differences, recordedModels, samplesOf } from '../support/recorded-models.ts';
import { runCompiled, SANITIZED_GCC } from '../support/run-compiled.ts';
import { testWith } from '../support/tools.ts';

describe('recorded models, compiled by gcc with sanitizers', () => {
  for (const model of recordedModels()) {
    const file = model.files[0];
    if (model.refusal || file === undefined) continue;
    testWith(['gcc'], model.name, async () => {
      const graph = await importModel(await openModel(file));
      const results = await runCompiled(graph, SANITIZED_GCC, samplesOf(model));
      expect(differences(model, results)).toEqual([]);
    });
  }
});

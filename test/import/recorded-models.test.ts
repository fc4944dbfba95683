/**
 * Every recorded model through the importers: the graph, and the graph after all passes, compute
 * what the library computed that wrote the model.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openModel } from '../../src/cli/model-file.ts';
import { BinarynetError } from '../../src/errors.ts';
import { importModel } from '../../src/import/index.ts';
import type { Graph, TensorData } from '../../src/ir/graph.ts';
import { Interpreter } from '../../src/ir/reference/interpreter.ts';
import { verifyGraph } from '../../src/ir/verify.ts';
import { optimize } from '../../src/passes/index.ts';
import {
  differences,
  type RecordedModel,
  recordedModels,
  samplesOf,
} from '../support/recorded-models.ts';
import { TEST_DATA, testWith } from '../support/tools.ts';

const MODELS = recordedModels();

describe.each(MODELS.filter(({ refusal }) => !refusal))('$name', (model) => {
  for (const file of model.files) {
    test(file.slice(file.lastIndexOf('.') + 1), () => check(model, file));
  }
  if (model.shared !== undefined) {
    const file = join(TEST_DATA, model.shared);
    testWith(['test data'], 'in the shared data', async () => {
      expect(existsSync(file)).toBe(true);
      await check(model, file);
    });
  }
});

async function check(model: RecordedModel, file: string): Promise<void> {
  const graph = await importModel(await openModel(file));
  verifyGraph(graph, 'source');
  expect(differences(model, interpret(graph, model))).toEqual([]);
  expect(differences(model, interpret(optimize(graph, { binary: true }), model))).toEqual([]);
}

function interpret(graph: Graph, model: RecordedModel): TensorData[][] {
  const interpreter = new Interpreter(graph);
  return samplesOf(model).map((sample) => interpreter.run(sample));
}

describe.each(MODELS.filter(({ refusal }) => refusal))('$name', (model) => {
  for (const file of model.files) {
    test(`${file.slice(file.lastIndexOf('.') + 1)} is refused`, async () => {
      const error = await importModel(await openModel(file)).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(BinarynetError);
      for (const word of model.refusal ?? []) expect(String(error)).toContain(word);
    });
  }
});

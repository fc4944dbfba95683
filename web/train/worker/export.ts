/**
 * The network as C: what `binarynet compile` writes, made here from the model in memory. The model
 * itself lies beside it, for `binarynet verify` and to train on.
 */
import * as tf from '@tensorflow/tfjs';
import { strToU8, type Zippable, zipSync } from 'fflate';
import { compileModel } from '../../../src/compile.ts';
import { withChoices } from '../../../src/emit/kernel-choices.ts';
import { fail } from '../../../src/errors.ts';
import { targetNamed } from '../../../src/plan/targets.ts';
import type { Exported, ExportOptions } from '../messages.ts';

const NAME = 'digits';
const FOLDER = `${NAME}-c`;
/** Written by the build: the text of every kernel by its path. */
const KERNELS = 'kernels.json';

export async function exportC(model: tf.LayersModel, options: ExportOptions): Promise<Exported> {
  const { json, weights } = await savedModel(model);
  const source = {
    name: 'model.json',
    bytes: json,
    sibling: async (path: string) =>
      path === WEIGHTS ? weights : fail({ code: 'not-found', found: `There is no "${path}".` }),
  };
  const { files, program } = await compileModel(source, {
    target: targetNamed(options.target),
    weights: options.weights,
    kernels: withChoices(await loadKernels()),
    name: NAME,
  });
  const all = [...files, { path: source.name, data: json }, { path: WEIGHTS, data: weights }];
  const zippable: Zippable = {};
  for (const { path, data } of all) {
    zippable[`${FOLDER}/${path}`] = typeof data === 'string' ? strToU8(data) : data;
  }
  return {
    zip: zipSync(zippable),
    zipName: `${FOLDER}.zip`,
    files: all.map(({ path }) => path),
    weightsBytes: program.weightsBytes,
    arenaBytes: program.arenaBytes,
  };
}

const WEIGHTS = 'weights.bin';

/** model.json and weights.bin, as TensorFlow.js has them. */
async function savedModel(
  model: tf.LayersModel,
): Promise<{ json: Uint8Array; weights: Uint8Array }> {
  const saved: { json?: Uint8Array; weights?: Uint8Array } = {};
  await model.save(
    tf.io.withSaveHandler(async ({ format, modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: [WEIGHTS], weights: weightSpecs }];
      saved.json = strToU8(JSON.stringify({ format, modelTopology, weightsManifest }));
      saved.weights = new Uint8Array(weightData as ArrayBuffer);
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  return saved as Required<typeof saved>;
}

async function loadKernels(): Promise<ReadonlyMap<string, string>> {
  const response = await fetch(new URL(KERNELS, import.meta.url));
  if (!response.ok) {
    fail({
      code: 'not-found',
      file: KERNELS,
      found: `The server does not have it (HTTP ${response.status}).`,
      fix: 'Build the page again: npm run web:train.',
    });
  }
  return new Map(Object.entries((await response.json()) as Record<string, string>));
}

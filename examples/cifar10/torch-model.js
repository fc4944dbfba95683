/**
 * Starts and finishes the residual network for CIFAR-10 where PyTorch trains it (train_torch.py):
 *
 *     node examples/cifar10/torch-model.js start --data <CIFAR-10> --out out/start
 *     python examples/cifar10/train_torch.py --data <CIFAR-10> --model out/start --out out/torch
 *     node examples/cifar10/torch-model.js finish --from out/torch --out out/cifar10
 *
 * `start` takes `--width 1`, `--blocks 2` and `--seed 1` as well. With `--from zoo/cifar10` instead of
 * `--data`, training goes on from what `finish` has written; `--blocks` may then ask for more. The folders
 * between hold a TensorFlow.js model with weights as floats; `finish` writes it with a byte for each
 * binary weight, which training can go on from.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { BinarynetError, startBackend } from '../../dist/bnn/index.js';
import { readCifar10, writeModelFolder } from '../../dist/bnn/node/index.js';
import { residualNet } from './networks.js';
import { whitenStem } from './whitening.js';

const USAGE = `Usage:
  node examples/cifar10/torch-model.js start --data <folder> --out <folder> [--width 1] [--blocks 2] [--seed 1]
  node examples/cifar10/torch-model.js start --from <folder> --out <folder> [--blocks 2] [--seed 1]
  node examples/cifar10/torch-model.js finish --from <folder> --out <folder>
`;

async function readModel(folder) {
  const { modelTopology, weightsManifest } = JSON.parse(
    await readFile(join(folder, 'model.json'), 'utf8'),
  );
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  const weightData = Uint8Array.from(await readFile(join(folder, 'weights.bin'))).buffer;
  const load = async () => ({ modelTopology, weightSpecs, weightData });
  return tf.loadLayersModel({ load });
}

async function newModel({ data, width = '1', blocks = '2', seed }) {
  const model = residualNet({ width: Number(width), blocks: Number(blocks), seed: Number(seed) });
  const { training } = await readCifar10(data);
  whitenStem(model, training);
  return model;
}

const layersWithWeights = (model) => model.layers.filter(({ weights }) => weights.length > 0);

/**
 * The residual network with more blocks in each stage. A new block's convolution is barely heard at first,
 * and its sum's norm gives back what it gets, so that the network's answers are much as before.
 */
function withBlocks(model, blocks, seed) {
  const [stem, stemNorm, ...rest] = layersWithWeights(model);
  const dense = rest.pop();
  const [filters] = stem.weights[0].shape.slice(-1);
  const deeper = residualNet({ width: filters / 64, blocks, seed });
  const [newStem, newStemNorm, ...newRest] = layersWithWeights(deeper);
  newRest.pop().setWeights(dense.getWeights());
  newStem.setWeights(stem.getWeights());
  newStemNorm.setWeights(stemNorm.getWeights());
  const had = rest.length / 3;
  for (let stage = 0; stage < 3; stage++) {
    const old = rest.slice(stage * had, (stage + 1) * had);
    const layers = newRest.slice(stage * 3 * blocks, (stage + 1) * 3 * blocks);
    for (const [i, layer] of old.entries()) layers[i].setWeights(layer.getWeights());
    const [gamma, beta] = old.at(-1).getWeights();
    for (let i = old.length; i < layers.length; i += 3) {
      const [convolution, norm, sumNorm] = layers.slice(i, i + 3);
      const [height, width, channels] = convolution.weights[0].shape;
      const [ones, zeros] = norm.getWeights();
      // So many products of 1 and -1, as good as random, vary as much as they are many.
      const variance = ones.mul(height * width * channels);
      norm.setWeights([ones.mul(0.1), zeros, zeros, variance]);
      sumNorm.setWeights([gamma.abs(), beta, beta, gamma.square()]);
    }
  }
  return deeper;
}

async function trainedModel({ from, blocks, seed }) {
  const model = await readModel(from);
  return blocks ? withBlocks(model, Number(blocks), Number(seed)) : model;
}

async function start({ out, ...options }) {
  const model = options.from ? await trainedModel(options) : await newModel(options);
  await mkdir(out, { recursive: true });
  await model.save(
    tf.io.withSaveHandler(async ({ format, modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      const description = JSON.stringify({ format, modelTopology, weightsManifest });
      await writeFile(join(out, 'model.json'), description);
      await writeFile(join(out, 'weights.bin'), new Uint8Array(weightData));
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
}

async function finish({ from, out }) {
  await writeModelFolder(out, await readModel(from), { latent: true });
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      from: { type: 'string' },
      out: { type: 'string' },
      width: { type: 'string' },
      blocks: { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
  });
  const [task] = positionals;
  const needed = { start: values.data ?? values.from, finish: values.from }[task];
  if (!needed || !values.out) {
    console.error(USAGE);
    process.exit(2);
  }
  await startBackend('cpu');
  await (task === 'start' ? start : finish)(values);
  console.log(`Wrote ${join(values.out, 'model.json')}.`);
}

await main().catch((error) => {
  if (!(error instanceof BinarynetError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});

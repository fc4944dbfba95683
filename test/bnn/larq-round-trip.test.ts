/**
 * Models that were saved by Larq, trained here, and opened by Larq again: what either side computed
 * was recorded (`scripts/fixtures/record-larq-round-trip.py`), and must still be so here.
 */
import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  Adam,
  constantRate,
  type Dataset,
  readKerasModel,
  squaredHinge,
  train,
  writeKerasModel,
} from '../../src/bnn/index.ts';
import { openHdf5 } from '../../src/formats/hdf5/file.ts';
import {
  bytesOf,
  jsonOf,
  KERAS,
  type RecordedModel,
  tensorOf,
  treeOf,
  weightsDiffer,
} from './keras-files.ts';

interface Evaluation {
  readonly loss: number;
  readonly accuracy: number;
  readonly logits: readonly (readonly number[])[];
}
type Step = 'larq' | 'here' | 'hereTrained' | 'larqOfTrained';
interface Recorded {
  readonly options: { readonly batchSize: number; readonly seed: number; learningRate: number };
  readonly sets: Readonly<Record<'training' | 'others', { images: string; labels: string }>>;
  readonly models: Readonly<Record<string, Readonly<Record<Step, Evaluation>>>>;
}

const RECORDED = jsonOf<Recorded>('recorded.json');
const TRAINING = datasetOf('training');
const OTHERS = datasetOf('others');

function datasetOf(name: 'training' | 'others'): Dataset {
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
  const { images, labels } = RECORDED.sets[name];
  return { shape: [8, 8, 1], images: bytes(images), labels: bytes(labels), classes: 4 };
}

function evaluate(model: tf.LayersModel): Evaluation {
  return tf.tidy(() => {
    const { images, labels } = OTHERS;
    const x = tf.tensor4d(Float32Array.from(images), [labels.length, 8, 8, 1]);
    const answers = tf.tensor1d(labels, 'int32');
    const logits = model.predict(x) as tf.Tensor;
    const right = tf.equal(tf.argMax(logits, -1), answers);
    return {
      loss: squaredHinge(tf.oneHot(answers, 4), logits).dataSync()[0] as number,
      accuracy: tf.mean(tf.cast(right, 'float32')).dataSync()[0] as number,
      logits: tf.slice(logits, 0, 8).arraySync() as number[][],
    };
  });
}

function expectClose(found: Evaluation, recorded: Evaluation): void {
  expect(found.loss).toBeCloseTo(recorded.loss, 5);
  expect(found.accuracy).toBeCloseTo(recorded.accuracy, 6);
  const expected = recorded.logits.flat();
  const off = found.logits.flat().map((x, i) => Math.abs(x - (expected[i] as number)));
  expect(off.length).toBe(expected.length);
  expect(Math.max(...off)).toBeLessThan(1e-4);
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

afterEach(() => {
  tf.disposeVariables();
});

describe.each(Object.entries(RECORDED.models))('%s', (name, recorded) => {
  const saved = bytesOf(`${name}.larq.h5`);
  const returned = bytesOf(`${name}.here.h5`);

  test('that Larq saved computes the same here', async () => {
    const found = evaluate(await readKerasModel(saved));
    expectClose(found, recorded.larq);
    expect(recorded.larq).not.toEqual(recorded.larqOfTrained);
  });

  test('is trained and saved as what Larq opened', async () => {
    const model = await readKerasModel(saved);
    const { batchSize, seed, learningRate } = RECORDED.options;
    const schedule = constantRate(learningRate);
    const options = { batchSize, seed, schedule, epochs: 1, loss: squaredHinge };
    await train(model, TRAINING, { ...options, optimizer: new Adam() });
    // Rounding decides signs, so that weights differ where an operator rounds otherwise.
    const trained = evaluate(model);
    expect(trained.loss).toBeCloseTo(recorded.hereTrained.loss, 1);
    expect(trained.accuracy).toBeCloseTo(recorded.hereTrained.accuracy, 1);
    const written = await writeKerasModel(model);
    expect(treeOf(openHdf5(written))).toEqual(treeOf(openHdf5(returned)));
    expect(weightsDiffer(written, saved)).toBeGreaterThan(0.01);
    expect(evaluate(await readKerasModel(written))).toEqual(trained);
  });

  test('that Larq opened is written as the same file', async () => {
    const written = await writeKerasModel(await readKerasModel(returned));
    expect(treeOf(openHdf5(written))).toEqual(treeOf(openHdf5(returned)));
    expect(weightsDiffer(written, returned)).toBe(0);
  });

  test('that was trained here computes what it computed in Larq', async () => {
    expectClose(evaluate(await readKerasModel(returned)), recorded.larqOfTrained);
  });
});

describe('a model of Larq or Keras is computed, and written as Python opened it', () => {
  const opened = jsonOf<Readonly<Record<string, string>>>('opened.json');

  test.each(Object.entries(opened))('%s', async (name, digest) => {
    const { inputs, outputs } = jsonOf<RecordedModel>(`${name}.json`, KERAS);
    const model = await readKerasModel(bytesOf(`${name}.h5`, KERAS));
    const tensors = inputs.map(tensorOf);
    const found = [model.predict(tensors)].flat();
    expect(found.length).toBe(outputs.length);
    outputs.map(tensorOf).forEach((expected, i) => {
      const largest = tf.max(tf.abs(expected)).dataSync()[0] as number;
      const off = tf.max(tf.abs(tf.sub(found[i] as tf.Tensor, expected))).dataSync()[0];
      expect(found[i]?.shape).toEqual(expected.shape);
      expect(off).toBeLessThanOrEqual(1e-5 * largest);
    });
    const root = openHdf5(await writeKerasModel(model));
    const config = String(root.attribute('model_config')?.[0]);
    expect(createHash('sha256').update(config).digest('hex')).toBe(digest);
  });
});

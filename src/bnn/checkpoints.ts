/**
 * Checkpoints: what training goes on from after it was stopped. A checkpoint is a zip file of
 * `checkpoint.json` (the run, the epochs it has behind it, and the names and shapes of all tensors) and
 * `weights.bin` (TensorFlow.js' encoding of the model's weights and the optimizer's state).
 */
import * as tf from '@tensorflow/tfjs';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { fail } from '../errors.ts';
import type { EpochLog } from './trainer.ts';

/** Where a run keeps its checkpoint; `fileCheckpoint` of `binarynet/bnn/node` is a file. */
export interface CheckpointStore {
  /** What messages call it, such as the file's path. */
  readonly name: string;
  /** The last checkpoint; undefined before the first. */
  readonly read: () => Promise<Uint8Array | undefined>;
  /** Replaces the last checkpoint, wholly or not at all. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

/** What must not change while a run goes on: it decides what each step sees. */
export interface Run {
  readonly seed: number;
  readonly batchSize: number;
  readonly images: number;
  /** The optimizer's class. */
  readonly optimizer: string;
}

interface Header {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
  readonly run: Run;
  readonly epochs: readonly EpochLog[];
  readonly weights: tf.io.WeightsManifestEntry[];
}

interface NamedTensor {
  readonly name: string;
  readonly tensor: tf.Tensor;
}

const FORMAT = 'binarynet-checkpoint';
const VERSION = 1;
const FILES = { header: 'checkpoint.json', weights: 'weights.bin' } as const;

export async function writeCheckpoint(
  model: tf.LayersModel,
  optimizer: tf.Optimizer,
  run: Run,
  epochs: readonly EpochLog[],
): Promise<Uint8Array> {
  const variables = variablesOf(model);
  const state = await optimizer.getWeights();
  const { data, specs } = await tf.io.encodeWeights([
    ...variables.map((tensor, i) => ({ name: `model/${i}`, tensor })),
    ...state.map(({ name, tensor }) => ({
      name: `optimizer/${numbered(name, variables)}`,
      tensor,
    })),
  ]);
  const header: Header = { format: FORMAT, version: VERSION, run, epochs, weights: specs };
  return zipSync(
    {
      [FILES.header]: strToU8(JSON.stringify(header)),
      [FILES.weights]: new Uint8Array(data as ArrayBuffer),
    },
    { level: 0 },
  );
}

/**
 * Gives model and optimizer the state of a checkpoint, and returns the epochs it has behind it. Throws
 * a `BinarynetError` when it can't be read or is of another run; nothing is changed then.
 */
export async function restoreCheckpoint(
  bytes: Uint8Array,
  model: tf.LayersModel,
  optimizer: tf.Optimizer,
  run: Run,
): Promise<readonly EpochLog[]> {
  const { header, data } = parse(bytes);
  demandSameRun(header.run, run);
  const tensors = Object.entries(tf.io.decodeWeights(data, header.weights));
  try {
    const named = (prefix: string): NamedTensor[] =>
      tensors
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, tensor]) => ({ name: name.slice(prefix.length), tensor }));
    const variables = variablesOf(model);
    const weights = named('model/').map(({ tensor }) => tensor);
    demandSameShapes(weights, variables, model);
    model.setWeights(weights);
    await optimizer.setWeights(
      named('optimizer/').map(({ name, tensor }) => ({ name: renamed(name, variables), tensor })),
    );
    return header.epochs;
  } finally {
    tf.dispose(tensors.map(([, tensor]) => tensor));
  }
}

function variablesOf(model: tf.LayersModel): tf.Variable[] {
  return model.weights.map((weight) => weight.read() as tf.Variable);
}

/** An optimizer's slot is named after a variable, whose name differs from process to process. */
function numbered(name: string, variables: readonly tf.Variable[]): string {
  const place = variables.findIndex((variable) => `/${name}`.includes(`/${variable.name}/`));
  return place < 0 ? name : name.replace(variables[place]?.name as string, `#${place}`);
}

function renamed(name: string, variables: readonly tf.Variable[]): string {
  return name.replace(/#(\d+)/, (found, place) => variables[Number(place)]?.name ?? found);
}

function parse(bytes: Uint8Array): { header: Header; data: ArrayBuffer } {
  try {
    const files = unzipSync(bytes);
    const header = JSON.parse(strFromU8(files[FILES.header] as Uint8Array)) as Header;
    const data = (files[FILES.weights] as Uint8Array).slice().buffer as ArrayBuffer;
    if (header.format === FORMAT && header.version === VERSION) return { header, data };
  } catch {
    // What it threw says how, not what: the file is no checkpoint.
  }
  return fail({
    code: 'corrupt',
    found: 'This is no checkpoint of this version, or not a whole one.',
    fix: 'Remove it to train from the start.',
  });
}

function demandSameRun(saved: Run, run: Run): void {
  const different = (Object.keys(run) as (keyof Run)[]).filter((key) => saved[key] !== run[key]);
  if (different.length === 0) return;
  const list = (which: Run) => different.map((key) => `${key} ${which[key]}`).join(', ');
  fail({
    code: 'bad-input',
    found: `The checkpoint is of another run: it has ${list(saved)}, this one ${list(run)}.`,
    fix: 'Train with what the checkpoint has, or remove it to train from the start.',
  });
}

function demandSameShapes(
  saved: readonly tf.Tensor[],
  variables: readonly tf.Variable[],
  model: tf.LayersModel,
): void {
  const shapes = (tensors: readonly tf.Tensor[]) => tensors.map(({ shape }) => shape.join('×'));
  const [there, here] = [shapes(saved), shapes(variables)];
  const place = here.findIndex((shape, i) => shape !== there[i]);
  if (place < 0 && here.length === there.length) return;
  const name = model.weights[place]?.originalName ?? `number ${here.length}`;
  fail({
    code: 'bad-input',
    found: `The checkpoint is of another model: weight ${name} is ${here[place] ?? 'absent'} here and ${there[place < 0 ? here.length : place] ?? 'absent'} there.`,
    fix: 'Remove it to train from the start.',
  });
}

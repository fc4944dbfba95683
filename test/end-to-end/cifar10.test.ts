/** The CIFAR-10 example: its networks come out of the compiler with TensorFlow.js' answers. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { batchOf, cifarDataset } from '../../src/bnn/index.ts';
import { writeModelFolder } from '../../src/bnn/node/index.ts';
import { Random } from '../../src/bnn/random.ts';
import { openModel } from '../../src/cli/model-file.ts';
import { compileModel } from '../../src/compile.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { inFolderWith, runIn, STRICT_FLAGS } from '../support/compile-c.ts';
import { testWith } from '../support/tools.ts';

const EXAMPLE = new URL('../../examples/cifar10/', import.meta.url);
const TEST_PROGRAM = fileURLToPath(new URL('test_cifar10.c', EXAMPLE));
const RECORD = 3073;

type Build = (options: { width: number; seed: number; side: number }) => tf.LayersModel;
const { binaryNet, residualNet } = (await import(new URL('networks.js', EXAMPLE).href)) as {
  readonly binaryNet: Build;
  readonly residualNet: Build;
};

let scratch = '';
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'binarynet-'));
  await tf.setBackend('cpu');
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** Weights under which signs and answers vary: as if trained, if only for a step. */
function shuffleWeights(model: tf.LayersModel, images: tf.Tensor4D): void {
  const random = new Random(3);
  for (const weight of model.weights) {
    if (!/beta$|dense.*kernel$/.test(weight.originalName)) continue;
    const { size, shape } = weight.read();
    const values = Array.from({ length: size }, () => random.unit() - 0.5);
    weight.write(tf.tensor(values, shape));
  }
  model.apply(images, { training: true });
}

/** A batch of images of noise over stripes. */
function batchFile(count: number): Uint8Array {
  const random = new Random(4);
  return Uint8Array.from({ length: count * RECORD }, (_, i) => {
    const at = i % RECORD;
    if (at === 0) return Math.floor(i / RECORD) % 10;
    return 60 * (Math.floor(at / (32 + Math.floor(i / RECORD))) % 3) + random.below(120);
  });
}

describe.each([
  ['BinaryNet', binaryNet, 1 / 8, 12],
  ['the residual network', residualNet, 1 / 4, 30],
] as const)('%s', (_, build, width, count) => {
  testWith(['gcc'], 'gives the same answers in C', async () => {
    const model = build({ width, seed: 1, side: 32 });
    const records = batchFile(count);
    const data = cifarDataset(records);
    const { images } = batchOf(data, data.labels.keys());
    shuffleWeights(model, images);
    await writeModelFolder(scratch, model);
    const { files } = await compileModel(await openModel(join(scratch, 'model.json')), {
      target: targetNamed('host'),
      kernels: loadKernelSources(),
      name: 'net',
      testProgram: false,
    });
    const expected = [...(model.predict(images) as tf.Tensor).argMax(-1).dataSync()];
    expect(new Set(expected).size).toBeGreaterThan(1);

    inFolderWith(files, (folder) => {
      const sources = [TEST_PROGRAM, 'net.c', '-I.', '-lm', '-o', 'program'];
      const flags = ['-O2', '-march=native', '-ffp-contract=off', '-fsanitize=address,undefined'];
      const compiled = runIn(folder, 'gcc', [...STRICT_FLAGS, ...flags, ...sources]);
      expect(compiled).toEqual({ status: 0, output: '' });
      writeFileSync(join(folder, 'test_batch.bin'), records);
      const program = (...args: string[]) => runIn(folder, './program', args);
      const { status, output } = program('net.weights', 'test_batch.bin', 'answers.txt');
      const right = expected.filter((answer, i) => answer === data.labels[i]).length;
      expect(output).toContain(`${right} of ${count} images right:`);
      expect(status).toBe(0);
      const found = readFileSync(join(folder, 'answers.txt'), 'utf8')
        .trim()
        .split('\n')
        .map(Number);
      expect(found).toEqual(expected);

      writeFileSync(join(folder, 'short.bin'), records.subarray(0, RECORD + 5));
      expect(program('net.weights', 'short.bin')).toEqual({
        status: 1,
        output: 'short.bin: not a whole batch of CIFAR-10; stopped after 1 images.\n',
      });
      expect(program('test_batch.bin', 'short.bin').output).toMatch(
        /^test_batch\.bin: not the weights/,
      );
    });
  });
});

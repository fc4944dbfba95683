/** A model of the zoo: what TensorFlow.js answers, and what its C does. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { startBackend } from '../../src/bnn/index.ts';
import { openModel } from '../../src/cli/model-file.ts';
import { compileGraph } from '../../src/compile.ts';
import { importModel } from '../../src/import/index.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { runCompiled } from './run-compiled.ts';

export interface ZooModel {
  readonly graph: Graph;
  /** The class that TensorFlow.js answers for each image, of 0 to 255. */
  readonly reference: (images: readonly Uint8Array[]) => number[];
  /** The one that its C for wasm answers. */
  readonly compiled: (images: readonly Uint8Array[]) => Promise<number[]>;
  /** Kernels that multiply, in order. */
  readonly kernels: () => string[];
  /** The weights that compiling for any processor gives. */
  readonly weights: () => Uint8Array;
  readonly file: (path: string) => Buffer;
  /** The accuracy after the last epoch in log.csv. */
  readonly logged: () => number;
}

export async function zooModel(name: string, shape: readonly number[]): Promise<ZooModel> {
  await startBackend('wasm');
  const folder = new URL(`../../zoo/${name}/`, import.meta.url);
  const file = (path: string) => readFileSync(new URL(path, folder));
  const graph = await importModel(await openModel(fileURLToPath(new URL('model.json', folder))));
  const { modelTopology, weightsManifest } = JSON.parse(file('model.json').toString());
  const weightData = Uint8Array.from(file('weights.bin')).buffer;
  const { weights: weightSpecs } = weightsManifest[0];
  const model = await tf.loadLayersModel(
    tf.io.fromMemory({ modelTopology, weightSpecs, weightData }),
  );
  return {
    graph,
    reference: (images) => {
      const answers: number[] = [];
      for (let first = 0; first < images.length; first += 250) {
        const some = images.slice(first, first + 250);
        const pixels = Float32Array.from(some.flatMap((image) => [...image]));
        const found = tf.tidy(() => {
          const x = tf.tensor(pixels, [some.length, ...shape]);
          return tf.argMax(model.predict(x) as tf.Tensor, -1).dataSync();
        });
        answers.push(...found);
      }
      return answers;
    },
    compiled: async (images) => {
      const inputs = images.map((pixels) => [Float32Array.from(pixels)]);
      const results = await runCompiled(graph, { target: 'wasm' }, inputs);
      return results.map(([output]) => {
        const values = output as Float32Array;
        return values.indexOf(Math.max(...values));
      });
    },
    kernels: () => {
      const options = { target: targetNamed('host'), kernels: loadKernelSources() };
      const { program } = compileGraph(graph, options);
      return program.calls.filter(({ macs }) => macs > 0).map(({ kernel }) => kernel);
    },
    weights: () => {
      const { files } = compileGraph(graph, {
        target: targetNamed('portable'),
        kernels: loadKernelSources(),
        name,
        testProgram: false,
      });
      return files.find(({ path }) => path === `${name}.weights`)?.data as Uint8Array;
    },
    file,
    logged: () => {
      const rows = file('log.csv').toString().trim().split('\n');
      const [names, last] = [rows[0], rows.at(-1)].map((row) => (row ?? '').split(','));
      return Number(last?.[names?.indexOf('accuracy') ?? -1]);
    },
  };
}

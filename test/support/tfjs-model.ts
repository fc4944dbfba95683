/**
 * Writes a TensorFlow.js Layers model by hand: text and floats, so that a test can have any names,
 * any mistake in it, and no fixture. A dense layer of Larq with signs in front, then a dense layer.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sixtyFourths } from './small-graphs.ts';

export interface TfjsModelOptions {
  readonly modelName?: string;
  readonly layerNames?: readonly [string, string];
  /** Layers put in as they are, after the others. */
  readonly extraLayers?: readonly object[];
  readonly shard?: string;
  /** Bytes cut from the end of the shard. */
  readonly cut?: number;
}

export const INPUTS = 8;
export const HIDDEN = 40;
export const OUTPUTS = 3;

/** Writes model.json and its shard to `folder`; returns the path of model.json. */
export async function writeTfjsModel(
  folder: string,
  options: TfjsModelOptions = {},
): Promise<string> {
  const [first, second] = options.layerNames ?? ['hidden', 'scores'];
  const shard = options.shard ?? 'weights.bin';
  const weights = [
    { name: `${first}/kernel`, shape: [INPUTS, HIDDEN], dtype: 'float32' },
    { name: `${second}/kernel`, shape: [HIDDEN, OUTPUTS], dtype: 'float32' },
    { name: `${second}/bias`, shape: [OUTPUTS], dtype: 'float32' },
  ];
  const layers = [
    { class_name: 'InputLayer', config: { name: 'x', batch_input_shape: [null, INPUTS] } },
    dense('QuantDense', {
      name: first,
      units: HIDDEN,
      use_bias: false,
      input_quantizer: 'ste_sign',
      kernel_quantizer: 'ste_sign',
    }),
    dense('Dense', { name: second, units: OUTPUTS, use_bias: true }),
    ...(options.extraLayers ?? []),
  ];
  const model = {
    format: 'layers-model',
    modelTopology: {
      class_name: 'Sequential',
      config: { name: options.modelName ?? 'tiny', layers },
      keras_version: '2.15.0',
    },
    weightsManifest: [{ paths: [shard], weights }],
  };
  const path = join(folder, 'model.json');
  const random = sixtyFourths(3);
  const length = INPUTS * HIDDEN + HIDDEN * OUTPUTS + OUTPUTS;
  const data = Float32Array.from({ length }, () => random() || 0.5);
  await mkdir(folder, { recursive: true });
  await writeFile(path, JSON.stringify(model));
  await mkdir(dirname(join(folder, shard)), { recursive: true });
  const bytes = new Uint8Array(data.buffer);
  await writeFile(join(folder, shard), bytes.subarray(0, bytes.length - (options.cut ?? 0)));
  return path;
}

function dense(className: string, config: object): object {
  return { class_name: className, config: { activation: 'linear', ...config } };
}

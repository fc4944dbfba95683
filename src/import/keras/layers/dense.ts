/** Layers that are one matrix product or one look-up per place: Dense, Embedding and Larq's dense. */
import { LINEAR } from '../../../ir/ops.ts';
import { addActivation } from '../activations.ts';
import type { LayerConfig } from '../config.ts';
import type { LayerRule, LayerRules } from '../context.ts';
import { addInputQuantizer, quantizeWeight } from '../quantizers.ts';
import { ownWeights } from '../weights.ts';

const dense: LayerRule = {
  weights: (config) => ownWeights('kernel', ...(config.boolean('use_bias', true) ? ['bias'] : [])),
  build: (layer, [x = -1]) => {
    const { config } = layer;
    requireFloatKernel(config);
    const units = config.size('units', 1);
    const features = layer.shape(x).at(-1) ?? 1;
    const kernel = quantizeWeight(
      config,
      'kernel_quantizer',
      layer.weight('kernel', [features, units]),
    );
    const w = layer.constant('kernel', kernel.shape, kernel.read);
    const bias = layer.optionalConstant('bias', [units], config.boolean('use_bias', true), 0);
    const input = addInputQuantizer(layer, x);
    return addActivation(layer, layer.add('dense', { epilogue: LINEAR }, input, w, bias));
  },
};

/** Keras 3 can store a quantized or LoRA kernel; the file then holds other weights. */
function requireFloatKernel(config: LayerConfig): void {
  for (const key of ['quantization_config', 'lora_rank']) {
    if (config.has(key)) {
      config.refuse(
        `It was saved with "${key}".`,
        'Save the model before it is quantized, or with LoRA merged.',
      );
    }
  }
}

const embedding: LayerRule = {
  weights: () => ownWeights('embeddings'),
  build: (layer, [indices = -1]) => {
    const { config } = layer;
    requireFloatKernel(config);
    const shape = [config.size('input_dim', 1), config.size('output_dim', 1)];
    return layer.add('gather', { axis: 0 }, layer.weightConstant('embeddings', shape), indices);
  },
};

export const DENSE_LAYERS: LayerRules = {
  Dense: dense,
  QuantDense: dense,
  Embedding: embedding,
};

/** Activations that are layers of their own, Larq's quantizers among them. */
import { IDENTITY, type Unary } from '../../../ir/ops.ts';
import { addActivation, addReluLayer, addSoftmax, leakyRelu } from '../activations.ts';
import type { LayerConfig } from '../config.ts';
import type { LayerContext, LayerRule, LayerRules } from '../context.ts';
import { activationQuantizer, addDorefa, QUANTIZER_CLASSES } from '../quantizers.ts';
import { ownWeights } from '../weights.ts';

function unary(read: (config: LayerConfig) => Unary): LayerRule {
  return { build: (layer, [x = -1]) => layer.unary(read(layer.config), x) };
}

/** One slope per element of a sample, shared along some axes; counted from the batch axis on. */
const prelu: LayerRule = {
  weights: () => ownWeights('alpha'),
  build: (layer, [x = -1]) => {
    const [, ...sample] = layer.shape(x);
    const shared = layer.config.has('shared_axes') ? layer.config.integers('shared_axes', 1) : [];
    const shape = sample.map((size, i) => (shared.includes(i + 1) ? 1 : size));
    const alpha = layer.weight('alpha', shape);
    const slope = layer.constant('alpha', [1, ...shape], alpha.read);
    return layer.add('binary', { fn: 'prelu', activation: IDENTITY }, x, slope);
  },
};

function quantizer(name: string): LayerRule {
  return {
    build: (layer: LayerContext, [x = -1]) => {
      if (name === 'DoReFa') return addDorefa(layer, x, layer.config);
      const fn = activationQuantizer({ name, config: layer.config });
      return fn ? layer.unary(fn, x) : x;
    },
  };
}

export const ACTIVATION_LAYERS: LayerRules = {
  Activation: { build: (layer, [x = -1]) => addActivation(layer, x) },
  ReLU: { build: (layer, [x = -1]) => addReluLayer(layer, x, layer.config) },
  LeakyReLU: unary(leakyRelu),
  ELU: unary((config) => ({ fn: 'elu', alpha: config.number('alpha', 1) })),
  ThresholdedReLU: unary((config) => ({
    fn: 'thresholdedRelu',
    theta: config.number('theta', 1),
    value: 0,
  })),
  PReLU: prelu,
  Softmax: { build: (layer, [x = -1]) => addSoftmax(layer, x, layer.config, 'softmax') },
  ...Object.fromEntries(QUANTIZER_CLASSES.map((name) => [name, quantizer(name)])),
};

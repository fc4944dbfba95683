/**
 * Masks mark padded time steps, and some layers skip what they mark. They aren't supported, so a
 * model where one matters is refused; where none of its layers looks at masks, they change nothing.
 */
import type { Problem } from '../../errors.ts';
import { property } from '../../formats/json.ts';
import { leafLayers, type ModelDescription } from './model.ts';

const MASK_READERS = new Set([
  'SimpleRNN',
  'GRU',
  'LSTM',
  'Bidirectional',
  'TimeDistributed',
  'GlobalAveragePooling1D',
  'Softmax',
]);

export function maskProblems(model: ModelDescription): Problem[] {
  const layers = leafLayers(model);
  const reader = layers.find((layer) => MASK_READERS.has(layer.className));
  if (!reader) return [];
  return layers
    .filter((layer) => property(layer.config, 'mask_zero') === true)
    .map((layer) => ({
      code: 'unsupported',
      node: { name: layer.path, op: layer.className },
      found: `It masks zeros (mask_zero), which changes what "${reader.path}" computes.`,
      fix: 'Train with mask_zero=False and pad the sequences at the front.',
    }));
}

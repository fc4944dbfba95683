/** All layers that are exported, by class name, and advice on those that are not. */
import type { LayerRule, LayerRules } from '../context.ts';
import { ACTIVATION_LAYERS } from './activation.ts';
import { CONV_LAYERS } from './conv.ts';
import { CONV_TRANSPOSE_LAYERS } from './conv-transpose.ts';
import { DENSE_LAYERS } from './dense.ts';
import { MERGE_LAYERS } from './merge.ts';
import { NORM_LAYERS } from './norm.ts';
import { POOL_LAYERS } from './pool.ts';
import { IDENTITY_LAYERS, PREPROCESS_LAYERS } from './preprocess.ts';
import { RECURRENT_LAYERS, timeDistributed } from './recurrent.ts';
import { RESHAPE_LAYERS } from './reshape.ts';

const SIMPLE_LAYERS: LayerRules = {
  ...DENSE_LAYERS,
  ...CONV_LAYERS,
  ...CONV_TRANSPOSE_LAYERS,
  ...POOL_LAYERS,
  ...NORM_LAYERS,
  ...ACTIVATION_LAYERS,
  ...MERGE_LAYERS,
  ...RESHAPE_LAYERS,
  ...RECURRENT_LAYERS,
  ...PREPROCESS_LAYERS,
  ...IDENTITY_LAYERS,
};

const RULES: LayerRules = { ...SIMPLE_LAYERS, TimeDistributed: timeDistributed(SIMPLE_LAYERS) };

export function findRule(className: string): LayerRule | undefined {
  return Object.hasOwn(RULES, className) ? RULES[className] : undefined;
}

export function isIdentity(className: string): boolean {
  return Object.hasOwn(IDENTITY_LAYERS, className);
}

interface Advice {
  readonly found: string;
  readonly fix: string;
}

const NOT_YET = 'Layers of this class are not supported.';

const ADVICE: Readonly<Record<string, Advice>> = {
  Masking: {
    found: 'It masks time steps, and masks are not supported.',
    fix: 'Cut the sequences to their length, or pad them at the front and leave Masking out.',
  },
  MultiHeadAttention: { found: NOT_YET, fix: 'Attention can not be exported yet.' },
  GroupNormalization: { found: NOT_YET, fix: 'Use BatchNormalization or LayerNormalization.' },
  QuantLocallyConnected1D: { found: NOT_YET, fix: 'Use QuantConv1D.' },
  QuantLocallyConnected2D: { found: NOT_YET, fix: 'Use QuantConv2D.' },
  LocallyConnected1D: { found: NOT_YET, fix: 'Use Conv1D.' },
  LocallyConnected2D: { found: NOT_YET, fix: 'Use Conv2D.' },
  ConvLSTM1D: { found: NOT_YET, fix: 'Use Conv1D or LSTM.' },
  ConvLSTM2D: { found: NOT_YET, fix: 'Use Conv2D or LSTM.' },
  CuDNNGRU: { found: NOT_YET, fix: 'Use GRU.' },
  CuDNNLSTM: { found: NOT_YET, fix: 'Use LSTM.' },
  RNN: { found: NOT_YET, fix: 'Use the layer LSTM, GRU or SimpleRNN instead of RNN with a cell.' },
  Dot: { found: NOT_YET, fix: 'Use Multiply or Dense.' },
};

/** Why a layer without a rule is refused, and what to use instead. */
export function adviceFor(className: string): Advice {
  const known = Object.hasOwn(ADVICE, className) ? ADVICE[className] : undefined;
  return (
    known ?? {
      found: NOT_YET,
      fix: 'Replace it by one of the layers in docs/layers.md.',
    }
  );
}

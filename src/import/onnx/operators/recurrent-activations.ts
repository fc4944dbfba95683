/** The activations of recurrent cells, which are named in a list with their parameters in two more. */
import { IDENTITY, type RecurrentAttrs, type Unary } from '../../../ir/ops.ts';
import type { NodeContext } from '../context.ts';

export type CellActivations = Pick<RecurrentAttrs, 'activation' | 'recurrentActivation'>;

interface Parameters {
  readonly alpha: number;
  readonly beta: number;
}

/** Which parameters a function takes from the lists, and what they are when those end. */
interface ActivationRule extends Partial<Parameters> {
  readonly unary: (parameters: Parameters) => Unary;
}

const ACTIVATIONS: ReadonlyMap<string, ActivationRule> = new Map([
  ['relu', { unary: () => ({ fn: 'relu' }) }],
  ['tanh', { unary: () => ({ fn: 'tanh' }) }],
  ['sigmoid', { unary: () => ({ fn: 'sigmoid' }) }],
  ['softsign', { unary: () => ({ fn: 'softsign' }) }],
  ['softplus', { unary: () => ({ fn: 'softplus' }) }],
  ['leakyrelu', { alpha: 0.01, unary: ({ alpha }) => ({ fn: 'leakyRelu', alpha }) }],
  ['elu', { alpha: 1, unary: ({ alpha }) => ({ fn: 'elu', alpha }) }],
  [
    'thresholdedrelu',
    { alpha: 1, unary: ({ alpha }) => ({ fn: 'thresholdedRelu', theta: alpha, value: 0 }) },
  ],
  [
    'hardsigmoid',
    { alpha: 0.2, beta: 0.5, unary: ({ alpha, beta }) => ({ fn: 'hardSigmoid', alpha, beta }) },
  ],
] satisfies [string, ActivationRule][]);

const DEFAULTS: { readonly [C in RecurrentAttrs['cell']]: readonly string[] } = {
  simple: ['Tanh'],
  gru: ['Sigmoid', 'Tanh'],
  lstm: ['Sigmoid', 'Tanh', 'Tanh'],
};

/** The activations of each direction. */
export function cellActivations(
  node: NodeContext,
  cell: RecurrentAttrs['cell'],
  directions: number,
): CellActivations[] {
  const defaults = DEFAULTS[cell];
  const usual = Array.from({ length: directions }, () => defaults).flat();
  const names = node.textList('activations') ?? usual;
  if (names.length !== usual.length) {
    node.corrupt(`It names ${names.length} activations, where ${usual.length} are expected.`);
  }
  const alphas = [...(node.numberList('activation_alpha') ?? [])];
  const betas = [...(node.numberList('activation_beta') ?? [])];
  const unaries = names.map((name): Unary => {
    const rule = ACTIVATIONS.get(name.toLowerCase());
    if (!rule) return node.refuse(`Its activation is "${name.slice(0, 60)}".`);
    const alpha = rule.alpha === undefined ? 0 : (alphas.shift() ?? rule.alpha);
    const beta = rule.beta === undefined ? 0 : (betas.shift() ?? rule.beta);
    return rule.unary({ alpha, beta });
  });
  return Array.from({ length: directions }, (_, direction) => {
    const own = unaries.slice(direction * defaults.length, (direction + 1) * defaults.length);
    if (cell === 'simple') return { activation: own[0] ?? IDENTITY, recurrentActivation: IDENTITY };
    const [gate = IDENTITY, activation = IDENTITY, output = activation] = own;
    if (JSON.stringify(output) !== JSON.stringify(activation)) {
      node.refuse('Its activations of the cell and of the output differ.');
    }
    return { activation, recurrentActivation: gate };
  });
}

/** Activation functions, and others of one argument that have parameters. */
import type { Unary } from '../../../ir/ops.ts';
import type { NodeContext, OperatorRule, OperatorRules } from '../context.ts';
import { isKnown, type Operand } from '../operand.ts';
import { asScalar, finite, numberLike, samePair, throughFloat } from './shared.ts';

export const ACTIVATIONS: OperatorRules = {
  Relu: (node) => {
    const x = node.input(0);
    if (x.dtype === 'f32') return node.unary('relu', x);
    return node.integerOp('max', x, numberLike(node, x, 0));
  },
  LeakyRelu: activation((node) => ({ fn: 'leakyRelu', alpha: finite(node, 'alpha', 0.01) })),
  PRelu: parametricRelu,
  Elu: activation((node) => ({ fn: 'elu', alpha: finite(node, 'alpha', 1) })),
  Selu: selu,
  Celu: activation((node) => {
    const alpha = finite(node, 'alpha', 1);
    return alpha === 0 ? node.corrupt('Its alpha is 0.') : { fn: 'celu', alpha };
  }),
  Gelu: activation((node) => {
    const isTanh = node.choice('approximate', 'none', ['none', 'tanh']) === 'tanh';
    return { fn: isTanh ? 'geluTanh' : 'gelu' };
  }),
  Sigmoid: activation(() => ({ fn: 'sigmoid' })),
  Tanh: activation(() => ({ fn: 'tanh' })),
  HardSigmoid: activation((node) => ({
    fn: 'hardSigmoid',
    alpha: finite(node, 'alpha', 0.2),
    beta: finite(node, 'beta', 0.5),
  })),
  HardSwish: activation(() => ({ fn: 'hardSwish' })),
  Swish: (node) => {
    const [x, alpha] = [node.float(0), finite(node, 'alpha', 1)];
    if (alpha === 1) return node.unary('swish', x);
    const scaled = node.binary('mul', x, node.scalar(alpha));
    return node.binary('mul', x, node.unary('sigmoid', scaled));
  },
  Softplus: activation(() => ({ fn: 'softplus' })),
  Softsign: activation(() => ({ fn: 'softsign' })),
  Mish: activation(() => ({ fn: 'mish' })),
  ThresholdedRelu: activation((node) => ({
    fn: 'thresholdedRelu',
    theta: finite(node, 'alpha', 1),
    value: 0,
  })),
  Shrink: (node) => {
    const [lambda, bias] = [finite(node, 'lambd', 0.5), finite(node, 'bias', 0)];
    if (lambda < 0) node.refuse(`Its lambd is negative: ${lambda}.`);
    const shrink: Unary = { fn: 'shrink', lambda, bias };
    return throughFloat(node, node.input(0), (x) => node.unary(shrink, x));
  },
  Clip: clip,
};

function activation(unaryOf: (node: NodeContext) => Unary): OperatorRule {
  return (node) => node.unary(unaryOf(node), node.float(0));
}

/** x < 0 ? slope x : x; the slope broadcasts to x, not x to the slope. */
function parametricRelu(node: NodeContext): Operand {
  const [x, slope] = samePair(node);
  const result =
    x.dtype === 'f32'
      ? node.binary('prelu', x, slope)
      : node.where(
          node.compare('less', x, numberLike(node, x, 0)),
          node.integerOp('mul', x, slope),
          x,
        );
  if (result.shape.join() === x.shape.join()) return result;
  const shapes = `[${slope.shape.join(', ')}] for an input of [${x.shape.join(', ')}]`;
  return node.corrupt(`Its slope has the shape ${shapes}.`);
}

const SELU_ALPHA = 1.6732632;
const SELU_GAMMA = 1.050701;

function selu(node: NodeContext): Operand {
  const x = node.float(0);
  const alpha = finite(node, 'alpha', SELU_ALPHA);
  const gamma = finite(node, 'gamma', SELU_GAMMA);
  const isUsual = Math.abs(alpha - SELU_ALPHA) < 1e-6 && Math.abs(gamma - SELU_GAMMA) < 1e-6;
  if (isUsual) return node.unary('selu', x);
  return node.binary('mul', node.unary({ fn: 'elu', alpha }, x), node.scalar(gamma));
}

/** Bounds are attributes before opset 11, and then operands that may be computed. */
function clip(node: NodeContext): Operand {
  const x = node.input(0);
  const min = node.opset < 11 ? boundAttribute(node, 'min') : boundOperand(node, 1, 'min', x);
  const max = node.opset < 11 ? boundAttribute(node, 'max') : boundOperand(node, 2, 'max', x);
  if (x.dtype === 'i32') {
    const raised = min ? node.integerOp('max', x, min) : x;
    return max ? node.integerOp('min', raised, max) : raised;
  }
  if ((!min || isKnown(min)) && (!max || isKnown(max))) {
    return node.unary(
      clipBetween(
        min?.data?.[0] ?? Number.NEGATIVE_INFINITY,
        max?.data?.[0] ?? Number.POSITIVE_INFINITY,
      ),
      x,
    );
  }
  const raised = min ? node.binary('max', x, min) : x;
  return max ? node.binary('min', raised, max) : raised;
}

function clipBetween(min: number, max: number): Unary {
  if (min === Number.NEGATIVE_INFINITY && max === Number.POSITIVE_INFINITY)
    return { fn: 'identity' };
  if (min === 0 && max === Number.POSITIVE_INFINITY) return { fn: 'relu' };
  return min === 0 && max === 6 ? { fn: 'relu6' } : { fn: 'clip', min, max };
}

function boundAttribute(node: NodeContext, name: string): Operand | undefined {
  if (!node.has(name)) return undefined;
  const bound = node.number(name);
  return Number.isNaN(bound) ? node.corrupt(`Its ${name} is NaN.`) : node.scalar(bound);
}

function boundOperand(
  node: NodeContext,
  index: number,
  role: string,
  x: Operand,
): Operand | undefined {
  const bound = node.optional(index);
  if (!bound) return undefined;
  if (bound.dtype !== x.dtype) {
    node.corrupt(`Its ${role} is of the type ${bound.elementType}, not ${x.elementType}.`);
  }
  if (isKnown(bound) && Number.isNaN(bound.data[0])) node.corrupt(`Its ${role} is NaN.`);
  return asScalar(node, bound, role);
}

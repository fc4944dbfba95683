/** All operators that are imported: a table per family, joined by domain. */
import { fail } from '../../../errors.ts';
import type { OnnxNode } from '../../../formats/onnx/model.ts';
import type { OperatorRule, OperatorRules } from '../context.ts';
import { ARITHMETIC } from './arithmetic.ts';
import { CONSTANTS } from './constants.ts';
import { CONVOLUTION } from './convolution.ts';
import { LOGIC } from './logic.ts';
import { MATMUL } from './matmul.ts';
import { MOVEMENT } from './movement.ts';
import { NORMALIZATION } from './normalization.ts';
import { POOLING } from './pooling.ts';
import { BINARY_DOMAINS } from './qonnx.ts';
import { QUANTIZATION } from './quantization.ts';
import { RECURRENT } from './recurrent.ts';
import { REDUCTION } from './reduction.ts';
import { RESIZE } from './resize.ts';

const OLDEST_OPSET = 7;
const NEWEST_OPSET = 28;

const STANDARD: OperatorRules = {
  ...ARITHMETIC,
  ...CONSTANTS,
  ...CONVOLUTION,
  ...LOGIC,
  ...MATMUL,
  ...MOVEMENT,
  ...NORMALIZATION,
  ...POOLING,
  ...QUANTIZATION,
  ...RECURRENT,
  ...REDUCTION,
  ...RESIZE,
};

const DOMAINS: Readonly<Record<string, OperatorRules>> = { '': STANDARD, ...BINARY_DOMAINS };

/** The names of the standard operators that are imported. */
export const STANDARD_OPERATORS: readonly string[] = Object.keys(STANDARD).sort();

/** The rule of a node's operator; undefined when there is none. */
export function ruleOf({ domain, opType }: OnnxNode): OperatorRule | undefined {
  const rules = Object.hasOwn(DOMAINS, domain) ? DOMAINS[domain] : undefined;
  return rules && Object.hasOwn(rules, opType) ? rules[opType] : undefined;
}

/** Refuses models whose operators mean something else than the rules say. */
export function checkOpset(version: number): void {
  if (version >= OLDEST_OPSET && version <= NEWEST_OPSET) return;
  fail({
    code: 'unsupported',
    found: `The model uses version ${version} of the ONNX operators.`,
    fix:
      `Versions ${OLDEST_OPSET} to ${NEWEST_OPSET} are supported: export it with one of those, or ` +
      'convert it with onnx.version_converter.',
  });
}

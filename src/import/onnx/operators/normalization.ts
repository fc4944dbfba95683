import type { OperatorRules } from '../context.ts';
import { SOFTMAX } from './softmax.ts';

export const NORMALIZATION: OperatorRules = { ...SOFTMAX };

import type { OperatorRules } from '../context.ts';

export const QUANTIZATION: OperatorRules = {};

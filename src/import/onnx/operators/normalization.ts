import type { OperatorRules } from '../context.ts';

export const NORMALIZATION: OperatorRules = {};

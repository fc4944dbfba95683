import type { OperatorRules } from '../context.ts';

export const REDUCTION: OperatorRules = {};

import type { OperatorRules } from '../context.ts';

export const ARITHMETIC: OperatorRules = {};

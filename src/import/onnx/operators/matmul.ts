import type { OperatorRules } from '../context.ts';

export const MATMUL: OperatorRules = {};

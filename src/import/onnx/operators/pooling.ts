import type { OperatorRules } from '../context.ts';

export const POOLING: OperatorRules = {};

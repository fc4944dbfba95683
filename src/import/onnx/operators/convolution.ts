import type { OperatorRules } from '../context.ts';

export const CONVOLUTION: OperatorRules = {};

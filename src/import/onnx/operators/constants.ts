import type { OperatorRules } from '../context.ts';

export const CONSTANTS: OperatorRules = {};

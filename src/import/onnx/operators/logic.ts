import type { OperatorRules } from '../context.ts';

export const LOGIC: OperatorRules = {};

import type { OperatorRules } from '../context.ts';

export const RESIZE: OperatorRules = {};

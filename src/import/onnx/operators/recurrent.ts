import type { OperatorRules } from '../context.ts';

export const RECURRENT: OperatorRules = {};

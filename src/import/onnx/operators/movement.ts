import type { OperatorRules } from '../context.ts';

export const MOVEMENT: OperatorRules = {};

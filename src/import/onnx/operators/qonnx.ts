import type { OperatorRules } from '../context.ts';

export const BINARY_DOMAINS: Readonly<Record<string, OperatorRules>> = {};

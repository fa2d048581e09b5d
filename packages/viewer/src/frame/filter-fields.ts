/** The filters that can be edited, and how. */

import { FEEDBACK_FILTERS, MARKS, OUTCOMES, TRACERS } from '../../../local/src/page-api.js';
import { formatCost, formatCount, formatDuration } from '../format.js';
import type { FILTERS } from '../state/page-state.js';

export type Field =
  | {
      readonly kind: 'choices';
      readonly label: string;
      readonly choices: readonly string[];
      readonly free?: boolean;
    }
  | { readonly kind: 'texts'; readonly label: string }
  | { readonly kind: 'choice'; readonly label: string; readonly choices: readonly string[] }
  | {
      readonly kind: 'number';
      readonly label: string;
      readonly unit: string;
      readonly show: (value: number) => string;
    }
  | { readonly kind: 'flag'; readonly label: string };

export type FieldName = Exclude<(typeof FILTERS)[number], 'q' | 'from' | 'to' | 'last'>;

export const FIELDS: Readonly<Record<FieldName, Field>> = {
  outcome: { kind: 'choices', label: 'Outcome', choices: OUTCOMES },
  failed: { kind: 'flag', label: 'Failed' },
  status: { kind: 'choices', label: 'Status', choices: ['2xx', '3xx', '4xx', '5xx'], free: true },
  route: { kind: 'texts', label: 'Route' },
  name: { kind: 'texts', label: 'Name' },
  model: { kind: 'texts', label: 'Model' },
  user: { kind: 'texts', label: 'User' },
  session: { kind: 'texts', label: 'Session' },
  feedback: { kind: 'choice', label: 'Feedback', choices: FEEDBACK_FILTERS },
  minLatency: { kind: 'number', label: 'Latency from', unit: 'ms', show: formatDuration },
  maxLatency: { kind: 'number', label: 'Latency up to', unit: 'ms', show: formatDuration },
  minTokens: { kind: 'number', label: 'Tokens from', unit: 'tokens', show: formatCount },
  minCost: { kind: 'number', label: 'Cost from', unit: 'dollars', show: formatCost },
  mark: { kind: 'choices', label: 'Marked as', choices: MARKS },
  dialect: { kind: 'choices', label: 'Written by', choices: TRACERS },
  pipeline: { kind: 'texts', label: 'Pipeline' },
};

export const FIELD_NAMES = Object.keys(FIELDS) as readonly FieldName[];

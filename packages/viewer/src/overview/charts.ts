/** The charts of the overview, and what each draws. */

import { formatCost, formatCount, formatDuration } from '../format.js';
import { partsOf } from '../reading/measures.js';
import type { Series } from './chart.js';

export interface ChartSpec {
  readonly title: string;
  readonly isWhole: boolean;
  readonly format: (value: number | null | undefined) => string;
  readonly series: readonly Series[];
}

export const CHARTS: readonly ChartSpec[] = [
  {
    title: 'Requests',
    isWhole: true,
    format: formatCount,
    series: [
      {
        label: 'completed',
        hue: '--border-strong',
        kind: 'bars',
        read: (bucket) => partsOf(bucket).completed,
      },
      {
        label: 'aborted',
        hue: '--warn',
        kind: 'bars',
        read: (bucket) => partsOf(bucket).aborted,
      },
      { label: 'failed', hue: '--bad', kind: 'bars', read: (bucket) => partsOf(bucket).failed },
    ],
  },
  {
    title: 'Latency',
    isWhole: false,
    format: formatDuration,
    series: [
      { label: 'p50', hue: '--retriever', kind: 'line', read: ({ p50 }) => p50 },
      { label: 'p95', hue: '--tool', kind: 'line', read: ({ p95 }) => p95 },
      { label: 'p99', hue: '--guardrail', kind: 'line', read: ({ p99 }) => p99 },
    ],
  },
  {
    title: 'Time to first token',
    isWhole: false,
    format: formatDuration,
    series: [
      {
        label: 'p50',
        hue: '--retriever',
        kind: 'line',
        read: ({ firstTokenP50 }) => firstTokenP50,
      },
      { label: 'p95', hue: '--tool', kind: 'line', read: ({ firstTokenP95 }) => firstTokenP95 },
    ],
  },
  {
    title: 'Tokens',
    isWhole: true,
    format: formatCount,
    series: [
      { label: 'in', hue: '--embedding', kind: 'bars', read: ({ promptTokens }) => promptTokens },
      {
        label: 'out',
        hue: '--chat_completion',
        kind: 'bars',
        read: ({ completionTokens }) => completionTokens,
      },
    ],
  },
  {
    title: 'Cost',
    isWhole: false,
    format: formatCost,
    series: [{ label: 'dollars', hue: '--agent', kind: 'bars', read: ({ cost }) => cost }],
  },
  {
    title: 'Tokens wasted after the client left',
    isWhole: true,
    format: formatCount,
    series: [
      {
        label: 'tokens out',
        hue: '--warn',
        kind: 'bars',
        read: ({ wastedTokens }) => wastedTokens,
      },
    ],
  },
];

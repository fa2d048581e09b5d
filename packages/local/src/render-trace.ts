import type { WireRow, WireStep } from '@openlayer-tracing/core/wire';
import { demandKnown } from './options.js';
import { oneLine } from './printable.js';
import { isTextMap, stripVolatile } from './volatile.js';

export interface RenderOptions {
  /**
   * False leaves out whatever differs between two runs: latencies, and inference IDs that are
   * UUIDs. @default true
   */
  readonly timings?: boolean;
  /** Adds a line of metadata below the head and below each step. @default false */
  readonly metadata?: boolean;
  /** Colours for a terminal. @default false */
  readonly color?: boolean;
}

/** The compiler holds the list to be complete. */
const KNOWN: Readonly<Record<keyof RenderOptions, true>> = {
  timings: true,
  metadata: true,
  color: true,
};

const MAX_TEXT = 72;
const MAX_METADATA = 400;
const MAX_DEPTH = 64;

/**
 * A trace as a tree, one line a step.
 *
 * @example
 * ```ts
 * renderTrace(row, { timings: false });
 * // req-42  completed  200
 * // └─ POST /chat [user_call]  → "Hello!"
 * //    ├─ retrieve_context [retriever]
 * //    └─ OpenAI Chat Completion [chat_completion]  gpt-4o-mini  96+14 tokens  → "Hello!"
 * ```
 */
export function renderTrace(row: WireRow, options: RenderOptions = {}): string {
  demandKnown(options, KNOWN);
  const page: Page = {
    timings: options.timings ?? true,
    metadata: options.metadata ?? false,
    paint: options.color ? (code, text) => `\x1b[${code}m${text}\x1b[0m` : (_code, text) => text,
    lines: [],
  };
  page.lines.push(headOf(row, page));
  pushMetadata(page, row.metadata, '   ');
  const fallbackError = errorOf(row.metadata);
  const roots = stepsOf(row);
  roots.forEach((root, index) => {
    pushStep(page, root, {
      prefix: '',
      isLast: index === roots.length - 1,
      depth: 0,
      fallbackError,
    });
  });
  return page.lines.join('\n');
}

interface Page {
  readonly timings: boolean;
  readonly metadata: boolean;
  readonly paint: (code: number, text: string) => string;
  readonly lines: string[];
}

interface Place {
  readonly prefix: string;
  readonly isLast: boolean;
  readonly depth: number;
  /** Said by the trace, for a root step that does not say it itself. */
  readonly fallbackError?: string | undefined;
}

const BOLD = 1;
const DIM = 2;
const RED = 31;

function headOf(row: WireRow, { timings, paint }: Page): string {
  const http = isTextMap(row.metadata) && isTextMap(row.metadata.http) ? row.metadata.http : {};
  const id = timings ? row.inferenceId : stripVolatile(row.inferenceId);
  const outcome = http.outcome === undefined ? undefined : oneLine(String(http.outcome), MAX_TEXT);
  return [
    paint(BOLD, oneLine(String(id), 128)),
    outcome && (outcome === 'completed' ? outcome : paint(RED, outcome)),
    http.status === undefined || http.status === null
      ? undefined
      : oneLine(String(http.status), MAX_TEXT),
  ]
    .filter(Boolean)
    .join('  ');
}

function pushStep(page: Page, step: WireStep, place: Place): void {
  const { prefix, isLast, depth } = place;
  page.lines.push(`${prefix}${isLast ? '└─ ' : '├─ '}${lineOf(step, page, place.fallbackError)}`);
  const below = `${prefix}${isLast ? '   ' : '│  '}`;
  const children = stepsOf(step);
  pushMetadata(page, step.metadata, `${below}${children.length > 0 ? '│  ' : '   '}`);
  if (depth >= MAX_DEPTH && children.length > 0) {
    page.lines.push(`${below}└─ … deeper steps are not shown`);
    return;
  }
  children.forEach((child, index) => {
    pushStep(page, child, {
      prefix: below,
      isLast: index === children.length - 1,
      depth: depth + 1,
    });
  });
}

function lineOf(step: WireStep, { timings, paint }: Page, fallbackError?: string): string {
  const error = errorOf(step.metadata) ?? fallbackError;
  const title = `${oneLine(String(step.name), MAX_TEXT)} ${paint(DIM, `[${oneLine(String(step.type), MAX_TEXT)}]`)}`;
  return [
    title,
    timings && typeof step.latency === 'number' ? paint(DIM, duration(step.latency)) : '',
    typeof step.model === 'string' ? oneLine(step.model, MAX_TEXT) : '',
    tokensOf(step),
    error === undefined ? '' : paint(RED, `✗ ${oneLine(error, MAX_TEXT)}`),
    step.output === null || step.output === undefined
      ? ''
      : `→ ${oneLine(JSON.stringify(step.output), MAX_TEXT)}`,
  ]
    .filter(Boolean)
    .join('  ');
}

function pushMetadata(page: Page, metadata: unknown, prefix: string): void {
  if (!page.metadata || !isTextMap(metadata)) return;
  const shown = page.timings ? metadata : stripVolatile(metadata);
  if (!isTextMap(shown) || Object.keys(shown).length === 0) return;
  page.lines.push(`${prefix}${page.paint(DIM, oneLine(JSON.stringify(shown), MAX_METADATA))}`);
}

/** The children of a step, or the root of a row; an update may have put anything there. */
function stepsOf(parent: { readonly steps?: unknown }): WireStep[] {
  return Array.isArray(parent.steps)
    ? parent.steps.filter(isTextMap).map((s) => s as WireStep)
    : [];
}

function errorOf(metadata: unknown): string | undefined {
  if (!isTextMap(metadata)) return undefined;
  const error = metadata.error ?? metadata.Exceptions;
  if (error === undefined || error === null) return undefined;
  if (typeof error === 'string') return error;
  return isTextMap(error) && typeof error.message === 'string'
    ? error.message
    : JSON.stringify(error);
}

function tokensOf({ promptTokens, completionTokens, tokens }: WireStep): string {
  if (typeof promptTokens === 'number' && typeof completionTokens === 'number') {
    return `${promptTokens}+${completionTokens} tokens`;
  }
  return typeof tokens === 'number' ? `${tokens} tokens` : '';
}

function duration(latencyMs: number): string {
  if (latencyMs >= 10_000) return `${(latencyMs / 1000).toFixed(1)} s`;
  return `${Math.round(latencyMs * 10) / 10} ms`;
}

import type { WireRow } from '@openlayer-tracing/core/wire';
import { childSteps, errorOf } from '../reading/steps.js';
import { assert, assertKnown, formatValue } from '../values/assert.js';
import { isJsonObject, type JsonObject } from '../values/json.js';
import { localTime } from '../values/local-time.js';
import { oneLine } from '../values/printable.js';
import { stripVolatile } from './strip-volatile.js';

/** Options of `renderTrace()`. An unknown key throws a `TypeError`. */
export interface RenderOptions {
  /**
   * Whether to print values that differ between two runs: latencies, and inference IDs that are
   * UUIDs. @default true
   */
  readonly timings?: boolean;
  /** Whether to print a line of metadata below the head and below each step. @default false */
  readonly metadata?: boolean;
  /**
   * Whether to print more of each trace: when it was, user and session, the inputs of each step, and which steps had not
   * ended. @default false
   */
  readonly details?: boolean;
  /** Length of a line, in characters: texts are cut to fit it, and not to 72 characters. At least 40. @default none */
  readonly width?: number;
  /** Whether to use the colours of terminals. @default false */
  readonly color?: boolean;
}

/** The compiler checks that the list is complete. */
const KNOWN: Readonly<Record<keyof RenderOptions, true>> = {
  timings: true,
  metadata: true,
  details: true,
  width: true,
  color: true,
};

const MAX_TEXT = 72;
const MAX_METADATA = 400;
const MAX_DEPTH = 64;
const MIN_WIDTH = 40;
/** Characters that each of two texts needs at least to share a line. */
const MIN_READABLE = 20;
/** Characters that a text gets even if names and indentation take the whole line. */
const MIN_SHARE = 8;

/**
 * Prints a trace as a tree, one line for each step. Texts are cut to 72 characters, or so that lines fit a width, trees
 * to 64 levels.
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
  assertKnown(options, KNOWN);
  const { width } = options;
  for (const name of ['timings', 'metadata', 'details', 'color'] as const) {
    const value = options[name];
    assert(
      value === undefined || typeof value === 'boolean',
      `${name} must be true or false, not ${formatValue(value)}`,
    );
  }
  assert(
    width === undefined || (Number.isInteger(width) && width >= 0),
    `width must be a number of characters, not ${formatValue(width)}`,
  );
  const printer: Printer = {
    timings: options.timings ?? true,
    metadata: options.metadata ?? false,
    details: options.details ?? false,
    width: width === undefined ? undefined : Math.max(width, MIN_WIDTH),
    paint: options.color ? (code, text) => `\x1b[${code}m${text}\x1b[0m` : (_code, text) => text,
    lines: [],
  };
  printer.lines.push(headOf(row, printer));
  pushMetadata(printer, row.metadata, '   ');
  const fallbackError = errorOf(row as unknown as JsonObject) ?? undefined;
  const roots = row.steps === undefined ? [rowAsStep(row)] : childSteps(row);
  roots.forEach((root, index) => {
    pushStep(printer, root, {
      prefix: '',
      isLast: index === roots.length - 1,
      depth: 0,
      fallbackError,
    });
  });
  return printer.lines.join('\n');
}

/** What is printed so far, and how. */
interface Printer {
  readonly timings: boolean;
  readonly metadata: boolean;
  readonly details: boolean;
  readonly width: number | undefined;
  readonly paint: (code: number, text: string) => string;
  readonly lines: string[];
}

/** The place of a step in the tree. */
interface Place {
  readonly prefix: string;
  readonly isLast: boolean;
  readonly depth: number;
  /** The error of the trace, for a root step without one. */
  readonly fallbackError?: string | undefined;
}

const BOLD = 1;
const DIM = 2;
const RED = 31;

function headOf(row: WireRow, { timings, details, paint }: Printer): string {
  const http =
    isJsonObject(row.metadata) && isJsonObject(row.metadata.http) ? row.metadata.http : {};
  const id = timings ? row.inferenceId : stripVolatile(row.inferenceId);
  const outcome = http.outcome === undefined ? undefined : oneLine(String(http.outcome), MAX_TEXT);
  return [
    details && timings ? paint(DIM, timeOf(row.inferenceTimestamp)) : undefined,
    paint(BOLD, oneLine(String(id), 128)),
    outcome && (outcome === 'completed' ? outcome : paint(RED, outcome)),
    http.status === undefined || http.status === null
      ? undefined
      : oneLine(String(http.status), MAX_TEXT),
    ...(details ? [named('user', row.user_id), named('session', row.session_id)] : []),
  ]
    .filter(Boolean)
    .join('  ');
}

function named(what: string, id: unknown): string | undefined {
  return id === undefined || id === null ? undefined : `${what} ${oneLine(String(id), MAX_TEXT)}`;
}

/** UNIX seconds as local date and time. */
function timeOf(seconds: unknown): string {
  return localTime(typeof seconds === 'number' ? seconds * 1000 : Number.NaN);
}

function pushStep(printer: Printer, step: JsonObject, place: Place): void {
  const { prefix, isLast, depth } = place;
  const branch = `${prefix}${isLast ? '└─ ' : '├─ '}`;
  printer.lines.push(branch + lineOf(step, printer, branch.length, place.fallbackError));
  const below = `${prefix}${isLast ? '   ' : '│  '}`;
  const children = childSteps(step);
  pushMetadata(printer, step.metadata, `${below}${children.length > 0 ? '│  ' : '   '}`);
  if (depth >= MAX_DEPTH && children.length > 0) {
    printer.lines.push(`${below}└─ … deeper steps are not shown`);
    return;
  }
  children.forEach((child, index) => {
    pushStep(printer, child, {
      prefix: below,
      isLast: index === children.length - 1,
      depth: depth + 1,
    });
  });
}

/** @param indent how many characters stand before the line */
function lineOf(
  step: JsonObject,
  printer: Printer,
  indent: number,
  fallbackError?: string,
): string {
  const { timings, paint, details } = printer;
  const error = errorOf(step) ?? fallbackError;
  const line = new Line(indent, paint);
  line.add(oneLine(String(step.name), MAX_TEXT));
  line.add(`[${oneLine(String(step.type), MAX_TEXT)}]`, DIM, ' ');
  if (timings && typeof step.latency === 'number') line.add(duration(step.latency), DIM);
  if (typeof step.model === 'string') line.add(oneLine(step.model, MAX_TEXT));
  line.add(tokensOf(step));
  if (details && isUnfinished(step)) line.add('unfinished', RED);
  const texts = [
    error === undefined ? '' : `✗ ${error}`,
    details ? textOf(step.inputs) : '',
    step.output === null || step.output === undefined ? '' : `→ ${jsonOf(step.output)}`,
  ];
  const given = texts.filter((text) => text !== '');
  const free = printer.width === undefined ? undefined : printer.width - line.length;
  // A narrow line has one readable text instead of two cut ones: the error, or else the output.
  const important = (error === undefined ? given.at(-1) : given[0]) ?? '';
  const kept = free !== undefined && free < given.length * MIN_READABLE ? [important] : given;
  kept.forEach((text, index) => {
    // The texts that follow get the room that a short text leaves.
    const room = printer.width === undefined ? undefined : printer.width - line.length;
    const share = room === undefined ? MAX_TEXT + 2 : Math.floor(room / (kept.length - index)) - 3;
    line.add(oneLine(text, Math.max(share, MIN_SHARE)), text === texts[0] ? RED : undefined);
  });
  return line.text;
}

/** JSON text, or a mark if the value is nested too deeply. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return '(nested too deeply to be printed)';
    throw error;
  }
}

/** Puts a line together from parts, and counts its characters but not the codes of colours. */
class Line {
  text = '';
  length: number;
  readonly #paint: Printer['paint'];

  constructor(indent: number, paint: Printer['paint']) {
    this.length = indent;
    this.#paint = paint;
  }

  add(part: string, code?: number, gap = '  '): void {
    if (part === '') return;
    const before = this.text === '' ? '' : gap;
    this.text += before + (code === undefined ? part : this.#paint(code, part));
    this.length += before.length + part.length;
  }
}

/** Inputs as JSON text; empty where there are none. */
function textOf(inputs: unknown): string {
  if (inputs === undefined || inputs === null) return '';
  return isJsonObject(inputs) && Object.keys(inputs).length === 0 ? '' : jsonOf(inputs);
}

function isUnfinished({ metadata, endTime }: JsonObject): boolean {
  return (isJsonObject(metadata) && metadata.unfinished === true) || endTime === null;
}

function pushMetadata(printer: Printer, metadata: unknown, prefix: string): void {
  if (!printer.metadata || !isJsonObject(metadata)) return;
  const shown = printer.timings ? metadata : stripVolatile(metadata);
  if (!isJsonObject(shown) || Object.keys(shown).length === 0) return;
  printer.lines.push(`${prefix}${printer.paint(DIM, oneLine(jsonOf(shown), MAX_METADATA))}`);
}

/** Rows of clients that do not trace have an output and no steps. */
function rowAsStep({ output, latency, tokens }: WireRow): JsonObject {
  return { name: 'row', type: 'no steps', output, latency, tokens };
}

function tokensOf({ promptTokens, completionTokens, tokens }: JsonObject): string {
  if (typeof promptTokens === 'number' && typeof completionTokens === 'number') {
    return `${promptTokens}+${completionTokens} tokens`;
  }
  return typeof tokens === 'number' ? `${tokens} tokens` : '';
}

function duration(latencyMs: number): string {
  if (latencyMs >= 10_000) return `${(latencyMs / 1000).toFixed(1)} s`;
  return `${Math.round(latencyMs * 10) / 10} ms`;
}

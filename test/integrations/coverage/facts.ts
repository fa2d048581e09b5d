/** Which fields of a client's answers are recorded, and where in the step. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import type { ClientTypes } from './client-types.ts';
import { type Leaf, type Marked, type MarkOptions, markedValues } from './marked-value.ts';

export interface AnswerTable {
  /** `Chat completion, streamed`. */
  readonly title: string;
  /** The name of the answer's type among those of the client; of a stream, that of its events. */
  readonly type: string;
  /** Has the client ask, with this as the answer. Where several calls are made, all of their steps are looked at. */
  readonly ask: (answer: never) => Promise<unknown>;
  /** Makes the answer of the values in which each field is set: the events of a stream, for one. @default each value */
  readonly answers?: (values: readonly unknown[]) => readonly unknown[];
  readonly marks?: MarkOptions;
  /** Whether the type is of what is asked, so that what was asked counts as kept. @default false */
  readonly isAsked?: boolean;
  /** Fields that are not kept, and why. `usage.*` stands for all that is below `usage`. */
  readonly leftOut: Readonly<Record<string, string>>;
}

export interface Fact {
  readonly path: string;
  /** Where it stands in the step; undefined where it is left out. */
  readonly place: string | undefined;
  /** Why it is left out. */
  readonly reason: string | undefined;
}

/** Asks for all that the answer can hold. */
export async function factsOf(types: ClientTypes, table: AnswerTable): Promise<readonly Fact[]> {
  const marked = markedValues(types, types.type(table.type), table.marks);
  const values = marked.map(({ value }) => value);
  const answers = table.answers?.(values) ?? values;
  const steps = [];
  for (const answer of answers) steps.push(await stepsOf(() => table.ask(answer as never)));
  // Of a stream, all values may be events of one answer.
  const isOne = answers.length !== values.length;
  const places = new Map<string, string | undefined>();
  for (const [i, { leaves }] of marked.entries()) {
    const seen = isOne ? steps.flat() : (steps[i] ?? []);
    for (const leaf of leaves) {
      const place = placeOf(leaf, seen, table.isAsked === true ? OWN : OF_THE_REQUEST);
      if (!places.has(leaf.path) || place === undefined) places.set(leaf.path, place);
    }
  }
  return [...places].map(([path, place]) => ({
    path,
    place,
    reason: place === undefined ? reasonFor(path, table.leftOut) : undefined,
  }));
}

/** Every field is kept or left out for a reason, and no reason is left over. */
export function assertTold(table: AnswerTable, facts: readonly Fact[]): void {
  const unknown = facts.filter(({ place, reason }) => place === undefined && reason === undefined);
  assert.deepEqual(
    unknown.map(({ path }) => path),
    [],
    'fields that are neither kept nor left out for a reason',
  );
  const used = facts.filter(({ reason }) => reason !== undefined);
  const wide = Object.keys(table.leftOut).filter((pattern) => /^\*\.?\w+\*?$/.test(pattern));
  assert.deepEqual(wide, [], 'reasons for a name wherever it stands, and so for any new field');
  const idle = Object.keys(table.leftOut).filter(
    (pattern) => !used.some(({ path }) => isMatch(path, pattern)),
  );
  assert.deepEqual(idle, [], 'reasons for fields that are kept, or that do not exist');
}

async function stepsOf(ask: () => Promise<unknown>): Promise<readonly WireStep[]> {
  const captured = captureTraces({ logLevel: 'off' });
  try {
    await ask().catch(() => {});
    const rows = await captured.rows();
    return rows.flatMap(({ steps }) => steps);
  } finally {
    captured.restore();
  }
}

function reasonFor(path: string, leftOut: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(leftOut).find(([pattern]) => isMatch(path, pattern))?.[1];
}

/** Whether the field is the one that the pattern names, or stands below it; `*.signature` names all that end so. */
function isMatch(path: string, pattern: string): boolean {
  if (pattern.startsWith('*')) return path.endsWith(pattern.slice(1));
  if (!pattern.endsWith('*')) return path === pattern;
  const field = pattern.replace(/\.?\*$/, '');
  return path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`);
}

/** What no answer says. */
const OWN: ReadonlySet<string> = new Set(['id', 'type', 'steps']);
/** What the request brought is not the answer's. */
const OF_THE_REQUEST: ReadonlySet<string> = new Set([...OWN, 'inputs', 'modelParameters', 'name']);
/** All that stands below the call comes of the answer. */
const OF_STEPS_BELOW: ReadonlySet<string> = new Set(['steps']);

function placeOf(
  leaf: Leaf,
  steps: readonly WireStep[],
  others: ReadonlySet<string>,
): string | undefined {
  for (const step of steps) {
    // First below: a framework's step may repeat what its call says.
    const below = placeOf(leaf, step.steps, OF_STEPS_BELOW);
    if (below !== undefined) return `steps[].${below}`;
    for (const [key, value] of Object.entries(step)) {
      const place = others.has(key) ? undefined : placeIn(leaf, value, key);
      if (place !== undefined) return place;
    }
  }
  return undefined;
}

function placeIn(leaf: Leaf, value: unknown, place: string): string | undefined {
  if (typeof value !== 'object' || value === null)
    return isLeaf(leaf, value, place) ? place : undefined;
  for (const [key, item] of Object.entries(value)) {
    const below = placeIn(leaf, item, Array.isArray(value) ? `${place}[]` : `${place}.${key}`);
    if (below !== undefined) return below;
  }
  return undefined;
}

function isLeaf({ kind, path, value: mark }: Leaf, value: unknown, place: string): boolean {
  // A switch or a word is known by its name alone.
  if (kind === 'flag' || kind === 'word')
    return value === mark && lastName(place) === lastName(path);
  return typeof value === 'string' ? value.includes(String(mark)) : value === mark;
}

function lastName(path: string): string {
  const name =
    path
      .replace(/\[[^\]]*\]/g, '')
      .split('.')
      .at(-1) ?? '';
  return name.replaceAll('_', '').toLowerCase();
}

/** How many fields the answers have, and how many of them are kept. */
export function counted(facts: readonly Fact[]): string {
  return `${facts.filter(({ place }) => place !== undefined).length} of ${facts.length}`;
}

export type { Marked };

/** What stands in the frames of a segment, by their kind. */

import { utf8Text } from '#platform';
import { jsonOf, parseJson } from '../../trace/json-text.js';
import type { QueuedRow } from '../row.js';
import type { SpoolEntry } from './segment.js';

const NEWLINE = 10;

/** What precedes the bytes of a row. */
export function rowHead({ inferenceId, layout }: QueuedRow): string {
  return `${inferenceId}\n${layout}\n`;
}

/** The row of a frame's payload; undefined where it is none. */
export function parseRow(payload: Uint8Array, entry: SpoolEntry): QueuedRow | undefined {
  const first = payload.indexOf(NEWLINE);
  const second = payload.indexOf(NEWLINE, first + 1);
  if (first < 0 || second < 0) return undefined;
  return {
    inferenceId: utf8Text(payload.subarray(0, first)),
    layout: utf8Text(payload.subarray(first + 1, second)),
    bytes: payload.subarray(second + 1),
    entry,
  };
}

/** Numbers of traces as a list of ranges: `[[1,3],[7,7]]` for 1, 2, 3 and 7. */
export function numbersText(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && number <= last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return jsonOf(ranges);
}

/** The numbers of a list, as far as it is one. */
export function* numbersIn(payload: Uint8Array, below: number): Generator<number> {
  const ranges = parsed(utf8Text(payload));
  if (!Array.isArray(ranges)) return;
  for (const range of ranges as unknown[]) {
    if (!Array.isArray(range)) return;
    const [from, to] = range as [number, number];
    if (!Number.isInteger(from) || !Number.isInteger(to)) return;
    for (let number = Math.max(from, 0); number <= to && number < below; number++) yield number;
  }
}

/** Undefined where it is no JSON: a frame that is whole need not be one of ours. */
export function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

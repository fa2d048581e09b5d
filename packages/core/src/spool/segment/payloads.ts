/** The payloads of frames. */

import { utf8Text } from '#platform';
import { QueuedRow, type RowPosition } from '../../publish/row/queued-row.js';
import { jsonOf, tryParseJson } from '../../values/json/json-text.js';
import { MAX_PAYLOAD_BYTES } from './frame.js';

const NEWLINE = 10;

/** The two lines before the bytes of a row. */
export function rowHead({ inferenceId, layout }: QueuedRow): string {
  return `${inferenceId}\n${layout}\n`;
}

/** Whether a frame has room for the row: a longer one would be taken for damage when it is read. */
export function fitsFrame(row: QueuedRow): boolean {
  return (row.inferenceId.length + row.layout.length + 2) * 3 + row.byteLength <= MAX_PAYLOAD_BYTES;
}

/** The row in a frame's payload; undefined if the payload is not one. */
export function parseRow(payload: Uint8Array, position: RowPosition): QueuedRow | undefined {
  const first = payload.indexOf(NEWLINE);
  const second = payload.indexOf(NEWLINE, first + 1);
  if (first < 0 || second < 0) return undefined;
  return new QueuedRow(
    utf8Text(payload.subarray(0, first)),
    utf8Text(payload.subarray(first + 1, second)),
    payload.subarray(second + 1),
    position,
  );
}

/** Numbers of traces as JSON ranges: `[[1,3],[7,7]]` for 1, 2, 3 and 7. */
export function numbersText(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && number <= last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return jsonOf(ranges);
}

/** The numbers below `below` in a payload of ranges, up to the first that is not valid. */
export function* numbersIn(payload: Uint8Array, below: number): Generator<number> {
  const ranges = tryParseJson(utf8Text(payload));
  if (!Array.isArray(ranges)) return;
  for (const range of ranges as unknown[]) {
    if (!Array.isArray(range)) return;
    const [from, to] = range as [number, number];
    if (!Number.isInteger(from) || !Number.isInteger(to)) return;
    for (let number = Math.max(from, 0); number <= to && number < below; number++) yield number;
  }
}

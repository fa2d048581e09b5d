import type { RowPosition } from '../../publish/row/queued-row.js';
import type { Segment } from './segment.js';

/** The position of a trace on disk. */
export interface SpoolEntry extends RowPosition {
  readonly segment: Segment;
  /** The trace's number within the segment. */
  readonly number: number;
}

/** A row, or anything else with a position in the spool. */
export interface InSpool {
  readonly position?: RowPosition | undefined;
}

/** The position of a row on disk; undefined if it is not on disk. */
export function entryOf({ position }: InSpool): SpoolEntry | undefined {
  // The spool alone sets `position`.
  return position as SpoolEntry | undefined;
}

/** Whether the row is left to another process, which has adopted its segment. */
export function isAdoptedElsewhere(row: InSpool): boolean {
  const entry = entryOf(row);
  return entry?.segment.isAdoptedElsewhere(entry.number) === true;
}

/** The numbers of the rows in each segment that is still open. */
export function numbersBySegment(rows: readonly InSpool[]): ReadonlyMap<Segment, number[]> {
  const bySegment = new Map<Segment, number[]>();
  for (const row of rows) {
    const entry = entryOf(row);
    if (entry === undefined || entry.segment.isClosed) continue;
    const numbers = bySegment.get(entry.segment);
    if (numbers === undefined) bySegment.set(entry.segment, [entry.number]);
    else numbers.push(entry.number);
  }
  return bySegment;
}

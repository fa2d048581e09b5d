import type { RowPosition } from '../../publish/row/queued-row.js';
import type { Segment } from './segment.js';

/** The position of a trace on disk. */
export interface SegmentPosition extends RowPosition {
  readonly segment: Segment;
  /** The trace's number within the segment. */
  readonly number: number;
}

/** A row, or anything else with a position in the spool. */
export interface InSpool {
  readonly position?: RowPosition | undefined;
}

/** The position of a row on disk; undefined if it is not on disk. */
export function positionOf({ position }: InSpool): SegmentPosition | undefined {
  // The spool alone sets `position`.
  return position as SegmentPosition | undefined;
}

/** Whether the row is left to another process, which has adopted its segment. */
export function isAdoptedByOther(row: InSpool): boolean {
  const position = positionOf(row);
  return position?.segment.isAdoptedByOther(position.number) === true;
}

/** The numbers of the rows in each segment that is still open. */
export function numbersBySegment(rows: readonly InSpool[]): ReadonlyMap<Segment, number[]> {
  const bySegment = new Map<Segment, number[]>();
  for (const row of rows) {
    const position = positionOf(row);
    if (position === undefined || position.segment.isClosed) continue;
    const numbers = bySegment.get(position.segment);
    if (numbers === undefined) bySegment.set(position.segment, [position.number]);
    else numbers.push(position.number);
  }
  return bySegment;
}

/** Reads the state of a segment's traces from its file, and truncates a frame that was cut at its end. */

import { utf8Text } from '#platform';
import type { SpoolFiles } from '../../platform/spool-files.js';
import { type Frame, FrameKind, HEADER_BYTES, VERSION } from './frame.js';
import { numbersIn } from './payloads.js';
import { type Damage, readFrames } from './read-frames.js';
import { Segment } from './segment.js';
import type { SegmentName } from './segment-names.js';
import { State, TraceTable } from './trace-table.js';

export interface Recovered {
  readonly segment: Segment;
  /** The facts known at the start of traces that have no row, by number. */
  readonly interrupted: ReadonlyMap<number, string>;
  /** Damaged ranges, except a cut frame at the end. */
  readonly damages: readonly Damage[];
  /** Whether it has frames of a newer version. */
  readonly isNewer: boolean;
}

/** Opens a segment of another process, and reads it. */
export async function recover(
  files: SpoolFiles,
  path: string,
  { id, createdMs }: SegmentName,
): Promise<Recovered> {
  const file = files.open(path);
  try {
    const table = new TraceTable();
    const segment = new Segment(files, { id, path, file, createdMs, isAdopted: true }, table);
    return await read(segment, table);
  } catch (error) {
    files.closeFile(file);
    throw error;
  }
}

/** Fills the table of the segment with the states of its traces. */
async function read(segment: Segment, table: TraceTable): Promise<Recovered> {
  const { files, file } = segment;
  const starts = new Map<number, string>();
  const damages: Damage[] = [];
  let isNewer = false;
  let torn: Damage | undefined;
  await readFrames(files, file, {
    frame(frame) {
      if (frame.version === VERSION) addFrame(frame, segment, table, starts);
      else isNewer = true;
    },
    damage(damage) {
      if (damage.isTorn) torn = damage;
      else damages.push(damage);
    },
  });
  if (torn !== undefined && torn.end === segment.bytes && !isNewer) {
    segment.truncate(torn.offset);
  }
  return { segment, interrupted: starts, damages, isNewer };
}

function addFrame(
  { kind, number, payload, offset }: Frame,
  segment: Segment,
  table: TraceTable,
  starts: Map<number, string>,
): void {
  // Every trace has at least one frame, which limits the valid numbers.
  const isTrace = number < segment.bytes / HEADER_BYTES;
  switch (kind) {
    case FrameKind.start:
      if (!isTrace) return;
      table.set(number, State.open);
      starts.set(number, utf8Text(payload));
      return;
    case FrameKind.row:
      if (!isTrace) return;
      table.set(number, State.spooled);
      table.addRow(number, offset);
      starts.delete(number);
      return;
    case FrameKind.sent:
      for (const each of numbersIn(payload, table.traces)) table.markSent(each);
      return;
    case FrameKind.notArrived:
      for (const each of numbersIn(payload, table.traces)) table.markNotArrived(each);
      return;
    case FrameKind.done:
      for (const each of numbersIn(payload, table.traces)) {
        table.set(each, State.done);
        starts.delete(each);
      }
  }
}

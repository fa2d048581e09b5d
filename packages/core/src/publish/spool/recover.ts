/** Finds out from a segment alone what became of its traces, and mends what is damaged in it. */

import { utf8Text } from '#platform';
import type { SpoolFiles } from './files.js';
import { type Frame, HEADER_BYTES, Kind, VERSION } from './frame.js';
import type { SegmentName } from './names.js';
import { numbersIn } from './payloads.js';
import { type Damage, readFrames } from './read-frames.js';
import { Segment } from './segment.js';
import { State } from './trace-table.js';

export interface Recovered {
  readonly segment: Segment;
  /** What was known at their begin of the traces that have no row, by number. */
  readonly interrupted: ReadonlyMap<number, string>;
  /** What is no frame, and no beginning of one. */
  readonly damages: readonly Damage[];
  /** Whether it holds what only a newer version can read. */
  readonly isNewer: boolean;
}

export async function recover(
  files: SpoolFiles,
  path: string,
  { id, createdMs }: SegmentName,
): Promise<Recovered> {
  const file = files.open(path);
  try {
    const segment = new Segment(files, { id, path, file, createdMs });
    segment.isSealed = true;
    return await read(segment);
  } catch (error) {
    files.closeFile(file);
    throw error;
  }
}

async function read(segment: Segment): Promise<Recovered> {
  const { table, files, file } = segment;
  const starts = new Map<number, string>();
  const damages: Damage[] = [];
  let isNewer = false;
  let torn: Damage | undefined;
  // Every trace has a frame of its own: there cannot be more of them.
  const most = segment.bytes / HEADER_BYTES;
  const takeFrame = (frame: Frame) => {
    const { kind, number, payload, offset } = frame;
    if (kind === Kind.start && number < most) {
      table.set(number, State.open);
      starts.set(number, utf8Text(payload));
    } else if (kind === Kind.row && number < most) {
      table.set(number, State.kept);
      table.addRow(number, offset);
      starts.delete(number);
    } else if (kind === Kind.sent || kind === Kind.kept || kind === Kind.done) {
      for (const each of numbersIn(payload, table.traces)) {
        if (kind === Kind.sent) table.setUnsure(each, true);
        else if (kind === Kind.kept) table.setUnsure(each, false);
        else {
          table.set(each, State.done);
          starts.delete(each);
        }
      }
    }
  };
  await readFrames(files, file, {
    frame(frame) {
      if (frame.version === VERSION) takeFrame(frame);
      else isNewer = true;
    },
    damage(damage) {
      if (damage.isTorn) torn = damage;
      else damages.push(damage);
    },
  });
  if (torn !== undefined && torn.end === segment.bytes && !isNewer) {
    files.truncate(file, torn.offset);
    segment.bytes = torn.offset;
  }
  return { segment, interrupted: starts, damages, isNewer };
}

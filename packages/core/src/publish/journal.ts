/** Writes traces to the spool as they go: at their begin, before the end of their answers, and at their own end. */

import type { RecordedTrace } from '../trace/recorded-trace.js';
import { type QueuedRow, rowOf } from './row.js';
import type { Slabs } from './slabs.js';
import { startText } from './spool/interrupted-row.js';
import type { SpoolEntry } from './spool/segment.js';
import type { Spool } from './spool/spool.js';

/** What the journal knows of an open trace. */
export interface JournalEntry {
  readonly entry: SpoolEntry | undefined;
  /** The row as it was written before the answer's end, and what it was made of. */
  readonly row?: QueuedRow | undefined;
  readonly revision?: number | undefined;
}

export class Journal {
  readonly #spool: Spool;
  readonly #slabs: Slabs;

  constructor(spool: Spool, slabs: Slabs) {
    this.#spool = spool;
    this.#slabs = slabs;
  }

  opened(trace: RecordedTrace): void {
    trace.journal = { entry: this.#spool.begin(startText(trace, trace.nameAtStart)) };
  }

  /** The client is about to have its whole answer: the trace must not be lost from now on. */
  answering(trace: RecordedTrace): void {
    if (!this.#spool.isAhead) return;
    const row = rowOf(trace, this.#slabs);
    const before = trace.journal?.entry;
    const entry = this.#spool.append(before, row) ?? before;
    trace.journal = { entry, row, revision: trace.revision };
  }

  /** The row of a trace that has ended; on disk, unless that failed: then its place there is kept for it. */
  row(trace: RecordedTrace): QueuedRow {
    const { journal } = trace;
    if (journal?.row !== undefined && journal.revision === trace.revision) {
      return this.#held(journal.row, journal.entry);
    }
    if (journal?.row !== undefined) this.#slabs.free([journal.row]);
    const row = rowOf(trace, this.#slabs);
    if (!this.#spool.isAhead) return this.#held(row, journal?.entry);
    return this.#held(row, this.#spool.append(journal?.entry, row) ?? journal?.entry);
  }

  /** The trace has ended and will have no row. */
  left(trace: RecordedTrace): void {
    if (trace.journal !== undefined) this.#spool.finish([trace.journal]);
  }

  #held(row: QueuedRow, entry: SpoolEntry | undefined): QueuedRow {
    if (entry === undefined) return row;
    this.#spool.setHeld(entry);
    const { inferenceId, layout, bytes, slab } = row;
    return { inferenceId, layout, bytes, slab, entry };
  }
}

/** The spool on disk. Writes a trace at its start, before the end of its response, and at its own end. */

import type { Diagnostics } from '../diagnostics/diagnostics.js';
import type { SpoolFiles } from '../platform/spool-files.js';
import type { Ledger } from '../publish/counts/ledger.js';
import type { QueuedRow } from '../publish/row/queued-row.js';
import { rowOf } from '../publish/row/row.js';
import type { ReplayHandle, ReplayOptions, Spool, SpooledTrace } from '../publish/spool.js';
import type { RowDelivery, RowTransport } from '../publish/transport/row-transport.js';
import type { Redactor } from '../values/redactor.js';
import type { SpoolConfig } from './folder/spool-options.js';
import { startText } from './segment/interrupted-row.js';
import type { SpoolEntry } from './segment/segment.js';
import { Replay } from './sending/replay.js';
import { withKeeping } from './sending/with-keeping.js';
import { withSendLog } from './sending/with-send-log.js';
import { SpoolLog } from './spool-log.js';

export interface SpoolTools {
  readonly diagnostics: Diagnostics;
  /** Counts the rows of this process. */
  readonly ledger: Ledger;
  /** Masks names. */
  readonly redactor: Redactor;
  /** Runs a function outside any request's scope. */
  readonly runDetached: (fn: () => void) => void;
}

/** What was written of a trace. */
interface JournalEntry {
  readonly position: SpoolEntry | undefined;
  /** The row as it was written ahead, and the trace's revision at that time. */
  readonly row?: QueuedRow | undefined;
  readonly revision?: number | undefined;
}

/** The spool on disk of one tracer. */
export class DiskSpool implements Spool {
  readonly #log: SpoolLog;
  readonly #tools: SpoolTools;
  readonly #journal = new WeakMap<SpooledTrace, JournalEntry>();
  #replay: Replay | undefined;

  /**
   * @param destination names the pipeline, which has a subfolder of its own, so that its rows are sent to no other
   * @throws Error if the folder is not safe, or cannot be created
   */
  constructor(config: SpoolConfig, files: SpoolFiles, destination: string, tools: SpoolTools) {
    const { diagnostics, ledger, runDetached } = tools;
    this.#tools = tools;
    this.#log = new SpoolLog({
      config,
      files,
      destination,
      diagnostics,
      ledger,
      runDetached,
      onKept: () => this.#replay?.wakeSoon(),
    });
  }

  recordStart(trace: SpooledTrace): void {
    const position = this.#log.recordStart(startText(trace, this.#tools.redactor));
    if (position !== undefined) this.#journal.set(trace, { position });
  }

  writeAhead(trace: SpooledTrace): void {
    if (!this.#log.writesAhead) return;
    const row = rowOf(trace, this.#tools.redactor);
    const { revision } = trace;
    const before = this.#journal.get(trace)?.position;
    this.#journal.set(trace, { position: this.#log.append(before, row) ?? before, row, revision });
  }

  writeRow(trace: SpooledTrace): QueuedRow {
    const { position, row: ahead, revision } = this.#journal.get(trace) ?? NOT_WRITTEN;
    this.#journal.delete(trace);
    if (ahead !== undefined && revision === trace.revision) return this.#queuedRow(ahead, position);
    const row = rowOf(trace, this.#tools.redactor);
    const written = this.#log.writesAhead ? this.#log.append(position, row) : undefined;
    // The row on disk is not this one.
    if (written === undefined && position !== undefined) this.#log.forgetRow(position);
    return this.#queuedRow(row, written ?? position);
  }

  #queuedRow(row: QueuedRow, position: SpoolEntry | undefined): QueuedRow {
    if (position !== undefined) this.#log.setQueued(position);
    row.setPosition(position);
    return row;
  }

  discard(trace: SpooledTrace): void {
    const entry = this.#journal.get(trace);
    if (entry !== undefined) this.#log.finish([entry]);
  }

  keepAll(rows: readonly QueuedRow[]): RowDelivery {
    return this.#log.keepAll(rows);
  }

  importRow(row: QueuedRow): boolean {
    return this.#log.keepOnDisk(row);
  }

  rowsThatMayHaveArrived(rows: readonly QueuedRow[]): readonly QueuedRow[] {
    return this.#log.rowsThatMayHaveArrived(rows);
  }

  withSendLog(transport: RowTransport): RowTransport {
    return withSendLog(transport, this.#log);
  }

  withKeeping(transport: RowTransport): RowTransport {
    return withKeeping(transport, this.#log);
  }

  replay(options: ReplayOptions): ReplayHandle {
    const { diagnostics, runDetached } = this.#tools;
    this.#replay = new Replay(this.#log, options, runDetached, diagnostics);
    return this.#replay;
  }

  keepRowsAtExit(queuedRows: () => Iterable<QueuedRow>): () => void {
    return this.#log.keepRowsAtExit(queuedRows);
  }

  release(): void {
    // A replay that goes on needs the files: it would adopt released ones again, and send their rows twice.
    if (this.#replay?.isStopped === false) this.#log.removeDone();
    else this.#log.release();
  }

  get folder(): string {
    return this.#log.folder;
  }

  get bytes(): number {
    return this.#log.bytes;
  }

  get memoryBytes(): number {
    return this.#log.memoryBytes;
  }

  get adopted(): Ledger {
    return this.#log.adopted;
  }

  get adoptedRows(): number {
    return this.#log.adoptedRows;
  }
}

const NOT_WRITTEN: JournalEntry = { position: undefined };

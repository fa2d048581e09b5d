import type { Database } from './database.js';

/** A request whose spans are in no row yet. */
export interface KeptBody {
  readonly id: number;
  readonly pipelineId: string;
  readonly contentType: string;
  readonly encoding: string;
  readonly body: Buffer;
}

interface BodyRecord {
  readonly id: number;
  readonly pipeline: string;
  readonly content_type: string;
  readonly encoding: string;
  readonly body: ArrayBuffer;
}

/** A request that was received again at so many starts is removed: it never succeeds, or ends the process each time. */
const MAX_STARTS = 10;
/** Bytes of the requests that are left for the next start. Beyond them the oldest are removed. */
const MAX_POSTPONED_BYTES = 256 * 1024 * 1024;

/** Keeps requests in the traces file until their spans are in rows, so that none is lost when the process is killed. */
export class OtlpBodies {
  readonly #add;
  readonly #remove;
  readonly #next;
  readonly #size;
  readonly #addStart;
  readonly #removeOld;
  /** Sizes of the requests that are left for the next start, oldest first. */
  readonly #postponed = new Map<number, number>();
  #postponedBytes = 0;

  constructor(db: Database) {
    this.#add = db.command(
      'INSERT INTO otlp_bodies (pipeline, content_type, encoding, body) VALUES (?, ?, ?, ?)',
    );
    this.#remove = db.command('DELETE FROM otlp_bodies WHERE id = ?');
    this.#size = db.query<{ bytes: number }>(
      'SELECT length(body) AS bytes FROM otlp_bodies WHERE id = ?',
    );
    this.#addStart = db.command('UPDATE otlp_bodies SET starts = starts + 1');
    this.#removeOld = db.command('DELETE FROM otlp_bodies WHERE starts > ?');
    this.#next = db.query<BodyRecord>('SELECT * FROM otlp_bodies WHERE id > ? ORDER BY id LIMIT 1');
  }

  /** @returns the body's id */
  add({ pipelineId, contentType, encoding, body }: Omit<KeptBody, 'id'>): number {
    return this.#add.run(pipelineId, contentType, encoding, body).lastRowId;
  }

  remove(id: number): void {
    this.#remove.run(id);
  }

  /**
   * Leaves a request for the next start.
   * @returns the number of requests that were removed to make room for it
   */
  postpone(id: number): number {
    const bytes = this.#size.get(id)?.bytes ?? 0;
    this.#postponed.set(id, bytes);
    this.#postponedBytes += bytes;
    let removed = 0;
    for (const [oldest, size] of this.#postponed) {
      if (this.#postponedBytes <= MAX_POSTPONED_BYTES) break;
      this.remove(oldest);
      this.#postponed.delete(oldest);
      this.#postponedBytes -= size;
      removed += 1;
    }
    return removed;
  }

  /**
   * Counts a start, before any request is received again.
   * @returns the number of requests that were removed because they have been received again at 10 starts
   */
  countStart(): number {
    this.#addStart.run();
    return this.#removeOld.run(MAX_STARTS).changedRows;
  }

  /** All that are kept, oldest first. Those that it has yielded may be removed. */
  *[Symbol.iterator](): Generator<KeptBody> {
    for (let next = this.#next.get(0); next; next = this.#next.get(next.id)) {
      yield {
        id: next.id,
        pipelineId: next.pipeline,
        contentType: next.content_type,
        encoding: next.encoding,
        body: Buffer.from(next.body),
      };
    }
  }
}

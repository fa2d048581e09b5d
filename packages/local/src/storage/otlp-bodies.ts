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

/** Keeps requests in the traces file until their spans are in rows, so that none is lost when the process is killed. */
export class OtlpBodies {
  readonly #add;
  readonly #remove;
  readonly #next;

  constructor(db: Database) {
    this.#add = db.command(
      'INSERT INTO otlp_bodies (pipeline, content_type, encoding, body) VALUES (?, ?, ?, ?)',
    );
    this.#remove = db.command('DELETE FROM otlp_bodies WHERE id = ?');
    this.#next = db.query<BodyRecord>('SELECT * FROM otlp_bodies WHERE id > ? ORDER BY id LIMIT 1');
  }

  /** @returns the body's id */
  add({ pipelineId, contentType, encoding, body }: Omit<KeptBody, 'id'>): number {
    return this.#add.run(pipelineId, contentType, encoding, body).lastRowId;
  }

  remove(id: number): void {
    this.#remove.run(id);
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

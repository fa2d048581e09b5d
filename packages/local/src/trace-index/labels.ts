import type { Database } from '../storage/database.js';
import type { Budget } from './budget.js';
import type { Facts } from './facts.js';

/** Texts that many traces share. The facts have only their hashes. */
export type LabelKind = (typeof LABEL_KINDS)[number];

const LABEL_KINDS = ['pipeline', 'route', 'models'] as const;

/** Labels that no trace has stay as long as all labels take fewer bytes. */
const MAX_UNUSED_BYTES = 64 * 1024;
/** Bytes that a label takes beside its text, at most. */
const OVERHEAD = 50;
/** Labels that are known to be in the table. */
const MAX_KNOWN = 10_000;

export const LABEL_TABLE = `
  CREATE TABLE labels (
    kind TEXT NOT NULL, hash INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (kind, hash))
    WITHOUT ROWID;
`;

/** The table of labels: texts by their kind and hash. */
export class Labels {
  readonly #statements;
  readonly #known = new Set<string>();
  #bytes = 0;
  /** Traces that were deleted since labels were; unknown at the start. */
  #deletedTraces = Number.POSITIVE_INFINITY;

  constructor(db: Database) {
    this.#statements = statementsOf(db);
  }

  /** Reads the size of the table: at the start, after a rollback, and when another process wrote the index. */
  reload(): void {
    this.#known.clear();
    this.#bytes = this.#statements.bytes.get()?.bytes ?? 0;
  }

  add(kind: LabelKind, hash: number, text: string): void {
    const key = `${kind}${hash}`;
    if (this.#known.has(key)) return;
    if (this.#known.size > MAX_KNOWN) this.#known.clear();
    this.#known.add(key);
    const json = JSON.stringify(text);
    const { changedRows } = this.#statements.add.run(kind, hash, json);
    if (changedRows > 0) this.#bytes += json.length + OVERHEAD;
  }

  text(kind: LabelKind, hash: number): string | undefined {
    const text = this.#statements.text.get(kind, hash)?.text;
    return text === undefined ? undefined : JSON.parse(text);
  }

  all(kind: LabelKind): readonly { readonly hash: number; readonly text: string }[] {
    return this.#statements.all
      .all(kind)
      .map(({ hash, text }) => ({ hash, text: JSON.parse(text) as string }));
  }

  countDeleted(traces: number): void {
    this.#deletedTraces += traces;
  }

  /** Whether to call `removeUnused`: that takes a scan, so once for a quarter of the traces. */
  mayHaveUnused(traces: number): boolean {
    return this.#bytes > MAX_UNUSED_BYTES && this.#deletedTraces > traces / 4;
  }

  /** Deletes the labels that no trace has. */
  async removeUnused(facts: Facts, budget: Budget): Promise<void> {
    for (const kind of LABEL_KINDS) {
      const used = new Set<number>();
      for (const chunk of facts.chunks) {
        const hashes = chunk.wide[kind];
        for (let at = 0; at < chunk.length; at += 1) {
          if (!chunk.isDeleted(at)) used.add(hashes[at] ?? 0);
        }
        await budget.turn();
      }
      for (const { hash } of this.#statements.hashes.all(kind)) {
        if (!used.has(hash)) this.#statements.remove.run(kind, hash);
      }
      await budget.turn();
    }
    this.reload();
    this.#deletedTraces = 0;
  }
}

function statementsOf(db: Database) {
  return {
    // Texts are JSON, because libsql returns a text up to its first NUL.
    add: db.command('INSERT OR IGNORE INTO labels VALUES (?, ?, ?)'),
    text: db.query<{ text: string }>('SELECT text FROM labels WHERE kind = ? AND hash = ?'),
    all: db.query<{ hash: number; text: string }>('SELECT hash, text FROM labels WHERE kind = ?'),
    hashes: db.query<{ hash: number }>('SELECT hash FROM labels WHERE kind = ?'),
    bytes: db.query<{ bytes: number }>(
      `SELECT total(length(text) + ${OVERHEAD}) AS bytes FROM labels`,
    ),
    remove: db.command('DELETE FROM labels WHERE kind = ? AND hash = ?'),
  };
}

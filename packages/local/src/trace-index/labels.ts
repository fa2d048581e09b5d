import type { TimeBudget } from '../http/time-budget.js';
import { foldedText } from '../page-api.js';
import type { Database } from '../storage/database.js';
import type { Chunk } from './facts/chunk.js';
import type { TextColumn } from './facts/columns.js';
import type { Facts } from './facts/facts.js';

/** Texts of which the facts have only the hashes. */
export type LabelKind = (typeof LABEL_KINDS)[number];

const LABEL_KINDS = ['pipeline', 'route', 'models', 'user', 'session'] as const;

/** While all labels take no more bytes, those that no trace has stay. */
const MAX_UNUSED_BYTES = 64 * 1024;
/** Most bytes that a label takes beside its text. */
const OVERHEAD = 50;
/** Labels of each kind of which is remembered that they are in the table. */
const MAX_KNOWN = 50_000;
/** Labels that are read at a time. */
const STRIDE = 5000;

/**
 * `folded` is the text as searches compare it, where that differs. The size of all labels is kept, since adding it up takes 40 ms for
 * 200,000 of them.
 */
export const LABEL_TABLE = `
  CREATE TABLE labels (
    kind TEXT NOT NULL, hash INTEGER NOT NULL, text TEXT NOT NULL, folded TEXT,
    PRIMARY KEY (kind, hash)) WITHOUT ROWID;
  CREATE TABLE label_size (bytes INTEGER NOT NULL);
  INSERT INTO label_size VALUES (0);
`;

/** The removal of unused labels, of one kind after the other. Traces may be added meanwhile: their labels are used too. */
interface Cleaning {
  readonly kind: LabelKind;
  readonly used: Set<number>;
  /** The last label that was looked at. */
  after: number;
  /** Whether all labels of the kind were looked at. */
  isDone: boolean;
}

/** The table of labels: texts by their kind and hash. */
export class Labels {
  readonly #statements;
  readonly #known: Readonly<Record<LabelKind, Set<number>>> = {
    pipeline: new Set(),
    route: new Set(),
    models: new Set(),
    user: new Set(),
    session: new Set(),
  };
  #bytes = 0;
  /** Traces that were deleted since labels were; unknown at the start. */
  #deletedTraces = Number.POSITIVE_INFINITY;
  #cleaning: Cleaning | undefined;

  constructor(db: Database) {
    this.#statements = statementsOf(db);
  }

  /** Forgets what is known of the table: at the start, after a rollback, and when another process wrote other rows. */
  reload(): void {
    if (this.#cleaning) this.#deletedTraces = Number.POSITIVE_INFINITY;
    this.#cleaning = undefined;
    this.reloadSize();
  }

  /**
   * Reads the size of the table, when another process deleted labels that no trace has. A removal that has begun goes on, since
   * it still knows which labels are used: two processes that began again after each other would never end.
   */
  reloadSize(): void {
    this.#forgetKnown();
    this.#bytes = this.#statements.bytes.get()?.bytes ?? 0;
  }

  add(kind: LabelKind, hash: number, text: string): void {
    if (this.#cleaning?.kind === kind) this.#cleaning.used.add(hash);
    const known = this.#known[kind];
    if (known.has(hash)) return;
    if (known.size >= MAX_KNOWN) known.clear();
    known.add(hash);
    const json = JSON.stringify(text);
    const own = foldedText(text);
    const folded = own === text ? null : JSON.stringify(own);
    const { changedRows } = this.#statements.add.run(kind, hash, json, folded);
    if (changedRows === 0) return;
    this.#bytes += Buffer.byteLength(json) + Buffer.byteLength(folded ?? '') + OVERHEAD;
  }

  #forgetKnown(): void {
    for (const kind of LABEL_KINDS) this.#known[kind].clear();
  }

  /** Writes the size of the table, in the transaction that added labels. */
  saveSize(): void {
    this.#statements.setBytes.run(this.#bytes);
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

  /** Hashes of the labels that contain a text. Case and accents do not matter. */
  async having(kind: LabelKind, text: string, budget: TimeBudget): Promise<ReadonlySet<number>> {
    const sought = foldedText(text);
    // As JSON the text may stand in others too: `n` is in a new line.
    const json = JSON.stringify(sought).slice(1, -1);
    const found = new Set<number>();
    let after = Number.NEGATIVE_INFINITY;
    for (;;) {
      const last = this.#statements.lastOf.get(kind, after, STRIDE)?.hash ?? null;
      if (last === null) return found;
      for (const label of this.#statements.having.all(kind, after, last, json)) {
        const { hash, text: each } = label;
        if (foldedText(JSON.parse(each) as string).includes(sought)) found.add(hash);
      }
      after = last;
      await budget.turn();
    }
  }

  countDeleted(traces: number): void {
    this.#deletedTraces += traces;
  }

  /** Whether to remove unused labels: that takes a scan, so once for a quarter of the traces. */
  mayHaveUnused(traces: number): boolean {
    if (this.#cleaning) return true;
    return this.#bytes > MAX_UNUSED_BYTES && this.#deletedTraces > traces / 4;
  }

  /** Finds which labels of a kind the traces have, before `removeSome` deletes the others. */
  async findUsed(facts: Facts, budget: TimeBudget): Promise<void> {
    if (this.#cleaning && !this.#cleaning.isDone) return;
    const kind = LABEL_KINDS[this.#cleaning ? LABEL_KINDS.indexOf(this.#cleaning.kind) + 1 : 0];
    if (kind === undefined) return;
    if (!this.#cleaning) this.#deletedTraces = 0;
    const used = new Set<number>();
    this.#cleaning = { kind, used, after: Number.NEGATIVE_INFINITY, isDone: false };
    for (const chunk of facts.chunks) {
      for (const hash of hashesInUse(chunk, kind)) used.add(hash);
      await budget.turn();
    }
  }

  /** Deletes, of the next labels of that kind, those that no trace has. */
  removeSome(): void {
    const cleaning = this.#cleaning;
    if (!cleaning) return;
    const { kind, used, after } = cleaning;
    const labels = this.#statements.after.all(kind, after, STRIDE);
    for (const { hash, bytes } of labels) {
      if (used.has(hash)) continue;
      this.#statements.remove.run(kind, hash);
      this.#bytes -= bytes;
    }
    this.saveSize();
    this.#forgetKnown();
    cleaning.after = labels.at(-1)?.hash ?? after;
    cleaning.isDone = labels.length < STRIDE;
    if (!cleaning.isDone || kind !== LABEL_KINDS.at(-1)) return;
    this.#cleaning = undefined;
    this.reload();
  }
}

/** The hashes of the traces of a chunk that are not deleted. */
function hashesInUse(chunk: Chunk, column: TextColumn): Set<number> {
  const { codes, hashes } = chunk.texts[column];
  const used = new Set<number>();
  const isUsed = new Uint8Array(hashes.length);
  for (let at = 0; at < chunk.length; at += 1) {
    if (!chunk.isDeleted(at)) isUsed[codes[at] ?? 0] = 1;
  }
  for (const [code, hash] of hashes.entries()) if (isUsed[code] === 1) used.add(hash);
  return used;
}

function statementsOf(db: Database) {
  return {
    // Texts are JSON, because libsql returns a text up to its first NUL.
    add: db.command('INSERT OR IGNORE INTO labels VALUES (?, ?, ?, ?)'),
    text: db.query<{ text: string }>('SELECT text FROM labels WHERE kind = ? AND hash = ?'),
    all: db.query<{ hash: number; text: string }>('SELECT hash, text FROM labels WHERE kind = ?'),
    after: db.query<{ hash: number; bytes: number }>(
      `SELECT hash, octet_length(text) + ifnull(octet_length(folded), 0) + ${OVERHEAD} AS bytes
       FROM labels WHERE kind = ? AND hash > ? ORDER BY hash LIMIT ?`,
    ),
    lastOf: db.query<{ hash: number | null }>(
      `SELECT max(hash) AS hash FROM (
         SELECT hash FROM labels WHERE kind = ? AND hash > ? ORDER BY hash LIMIT ?)`,
    ),
    having: db.query<{ hash: number; text: string }>(
      `SELECT hash, text FROM labels
       WHERE kind = ? AND hash > ? AND hash <= ? AND instr(coalesce(folded, text), ?) > 0`,
    ),
    bytes: db.query<{ bytes: number }>('SELECT bytes FROM label_size'),
    setBytes: db.command('UPDATE label_size SET bytes = ?'),
    remove: db.command('DELETE FROM labels WHERE kind = ? AND hash = ?'),
  };
}

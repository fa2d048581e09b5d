import type { TimeBudget } from '../../http/time-budget.js';
import type { Database } from '../../storage/database.js';
import { Partition } from './partition.js';
import { Search } from './search.js';
import { Tokenizer } from './tokenizer.js';

/**
 * Characters of text in one partition at most, without a limit for the files. Each partition takes memory, and time in each search:
 * with 8 million, a million traces took 150 MB more, and twice the time to find a part of a word.
 */
const MAX_LENGTH = 32 * 1024 * 1024;
const MIN_LENGTH = 64 * 1024;
/** A partition has the text of a 64th of the limit for the files. */
const SHARE = 64;

/**
 * A shorter partition gets no table of its words: they are few enough to be read, and the table would take as much space as the
 * texts.
 */
const MIN_INDEXED_LENGTH = 256 * 1024;

/** A full partition is matched as a whole if it does not have more traces. */
const MAX_MATCHED = 40_000;

/** How many characters of text one partition takes, so that dropping one deletes a small part of the files. */
export function partitionLength(maxBytes = Number.POSITIVE_INFINITY): number {
  return Math.max(MIN_LENGTH, Math.min(MAX_LENGTH, Math.floor(maxBytes / SHARE)));
}

/**
 * The full-text index: partitions, each for consecutive traces with 32 MB of text, or less where the files have a limit. An
 * old partition is dropped whole: FTS5 frees the space of single rows by rewriting a table, which takes seconds. So the words
 * of deleted traces take no more space than one partition.
 *
 * Parts of words are found in two steps: the words of a partition that contain the part, then the traces that have one of
 * them. Measured over 20,000 generated texts of 3.5 KB: by its trigrams, a whole text took 4.4 ms and 9.8 KB, by its words
 * 0.7 ms and 1.4 KB. The trigrams of the words of 10,000 texts are those of 60,000 words.
 */
export class FullTextIndex {
  readonly #db: Database;
  readonly #tokenizer: Tokenizer;
  readonly #maxLength: number;
  /** In order of their first trace. */
  #partitions: Partition[] = [];

  /** @param maxLength characters of text in one partition */
  constructor(db: Database, maxLength: number) {
    this.#db = db;
    this.#tokenizer = new Tokenizer(db);
    this.#maxLength = maxLength;
    this.reload();
  }

  /** Reads which partitions there are: at the start, after a rollback, and when another process wrote the index. */
  reload(): void {
    this.#partitions = Partition.all(this.#db, this.#tokenizer);
  }

  /** Adds the text of a trace. Numbers come in increasing order. */
  add(number: number, text: string): void {
    let last = this.#partitions.at(-1);
    if (!last || last.length >= this.#maxLength) {
      last = Partition.create(this.#db, this.#tokenizer, number);
      this.#partitions.push(last);
    }
    last.add(number, text);
  }

  /** Replaces the text of a trace that was added. */
  replace(number: number, text: string): void {
    this.#partitionOf(number)?.replace(number, text);
  }

  /** Writes how much text the partitions have, in the transaction that added it. */
  saveLengths(): void {
    for (const partition of this.#partitions) partition.saveLength();
  }

  remove(number: number): void {
    this.#partitionOf(number)?.remove(number);
  }

  /** The words of a search. */
  searchFor(text: string): Search {
    return new Search(text, this.#tokenizer);
  }

  /**
   * Numbers of the traces from `from` to `to` that match the search, in any order: those of one partition at a time, with
   * pauses for other reads.
   */
  async *matches(
    search: Search,
    from: number,
    to: number,
    budget: TimeBudget,
  ): AsyncGenerator<readonly number[]> {
    for (let next: number | undefined = from; next !== undefined && next <= to; ) {
      // Found by its number each time, since old partitions may have been dropped meanwhile.
      const index = Math.max(this.#indexOf(next), 0);
      const partition = this.#partitions[index];
      if (!partition || partition.first > to) return;
      const { first } = partition;
      const isThere = () => this.#partitionOf(first)?.first === first;
      next = this.#partitions[index + 1]?.first;
      const expression = await search.expressionFor(first, async (part) => {
        await budget.turn();
        return isThere() ? partition.wordsWith(part, budget, isThere) : [];
      });
      // To match some traces of a partition takes almost as long as to match all.
      const last = next === undefined ? Number.POSITIVE_INFINITY : next - 1;
      if (isThere() && last - first < MAX_MATCHED) {
        const numbers = search.numbersOf(first, () => partition.match(expression, first, last));
        yield numbers.filter((number) => number >= from && number <= to);
      } else if (isThere()) yield partition.match(expression, from, to);
      await budget.turn();
    }
  }

  /** Whether a partition is full, and `completeOne` has not done all for it. */
  get isIncomplete(): boolean {
    return this.#full !== undefined;
  }

  /**
   * Indexes the words of a partition that is full, so that parts of them are found without reading them all; or merges the
   * pieces of its index, so that each word is looked up once.
   */
  async completeOne(budget: TimeBudget): Promise<void> {
    await this.#full?.complete(budget);
  }

  /** Drops the partitions that have no trace above this number. The last one stays: the next trace is added to it. */
  dropUpTo(number: number): void {
    for (;;) {
      const [oldest, next] = this.#partitions;
      if (!oldest || !next || next.first - 1 > number) return;
      oldest.drop();
      this.#partitions.shift();
    }
  }

  /** A partition that gets no more traces, and is to be completed. */
  get #full(): Partition | undefined {
    const last = this.#partitions.at(-1);
    return this.#partitions.find(
      (each) => each !== last && !each.isComplete && each.length >= MIN_INDEXED_LENGTH,
    );
  }

  #partitionOf(number: number): Partition | undefined {
    return this.#partitions[this.#indexOf(number)];
  }

  /** The index of the last partition whose first trace is not above this number; -1 if there is none. */
  #indexOf(number: number): number {
    let low = 0;
    let high = this.#partitions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#partitions[middle]?.first ?? 0) <= number) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

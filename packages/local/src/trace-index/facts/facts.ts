import { Chunk } from './chunk.js';
import { CHUNK_LENGTH } from './columns.js';

/**
 * The values by which lists are filtered, sorted and counted, as columns in memory: some 40 bytes for each trace,
 * or 90 of the last ones. A scan of a
 * million traces takes a few milliseconds, whatever the filter and the order are. SQLite would need an index for each
 * combination of a filter and an order: each would make inserts slower, and without one a scan takes a second.
 */
export class Facts {
  /** Oldest first. */
  readonly #chunks: Chunk[] = [];
  #count = 0;

  /** Number of traces that are not deleted. */
  get count(): number {
    return this.#count;
  }

  /**
   * The chunks as they are now, oldest first. A copy: a scan pauses between two chunks, and the first ones may be deleted
   * meanwhile.
   */
  get chunks(): Chunk[] {
    return [...this.#chunks];
  }

  /** The highest number that was added. */
  get newest(): number {
    return this.#chunks.at(-1)?.lastNumber ?? 0;
  }

  /** Adds a trace; numbers come in increasing order. */
  add(number: number, packed: DataView): void {
    let chunk = this.#chunks.at(-1);
    if (!chunk || chunk.length === CHUNK_LENGTH) {
      chunk?.seal();
      chunk = new Chunk();
      this.#chunks.push(chunk);
    }
    chunk.append(number, packed);
    this.#count += 1;
  }

  /** Replaces the facts of a trace that was added. */
  replace(number: number, packed: DataView): void {
    const [chunk, at] = this.find(number);
    if (chunk && !chunk.isDeleted(at)) chunk.replace(at, packed);
  }

  remove(number: number): void {
    const [chunk, at] = this.find(number);
    if (!chunk) return;
    if (chunk.markDeleted(at)) this.#count -= 1;
    // The last chunk stays, since it has the newest number.
    const isEmpty = chunk.deleted === chunk.length && chunk !== this.#chunks.at(-1);
    if (isEmpty) this.#chunks.splice(this.#chunks.indexOf(chunk), 1);
  }

  /** Removes all traces up to this number. */
  removeUpTo(number: number): void {
    while (this.#chunks.length > 1) {
      const [oldest] = this.#chunks;
      if (!oldest || oldest.lastNumber > number) break;
      this.#count -= oldest.length - oldest.deleted;
      this.#chunks.shift();
    }
    const [oldest] = this.#chunks;
    if (!oldest) return;
    for (let at = 0; at < oldest.length && oldest.numberAt(at) <= number; at += 1) {
      if (oldest.markDeleted(at)) this.#count -= 1;
    }
  }

  /** The chunk of a trace and its index there, `[undefined, -1]` if it is not known. */
  find(number: number): readonly [chunk: Chunk | undefined, at: number] {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const chunk = this.#chunks[middle];
      if (!chunk) break;
      if (number < chunk.firstNumber) high = middle - 1;
      else if (number > chunk.lastNumber) low = middle + 1;
      else {
        const at = chunk.find(number);
        return at < 0 ? [undefined, -1] : [chunk, at];
      }
    }
    return [undefined, -1];
  }
}

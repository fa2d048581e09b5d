/** The id of a trace's row: what counts as one, and where a new one comes from. */

/** First an alphanumeric, then at most 127 of a set that is safe in headers, URLs, paths and logs. */
const VALID = /^[A-Za-z0-9][A-Za-z0-9._:=@+/-]{0,127}$/;

export function isInferenceId(id: unknown): id is string {
  return typeof id === 'string' && VALID.test(id);
}

const REMEMBERED = 5000;

/**
 * Tells request ids apart that clients send more than once, such as on a retry: the first keeps its id, the second
 * becomes `id:2`, and so on. It remembers the last 5,000 to 10,000 ids.
 */
export class InferenceIds {
  #recent = new Map<string, number>();
  #older = new Map<string, number>();

  /** The id itself where it is new, else the id with the number of its attempt. */
  distinct(id: string): string {
    const attempt = (this.#recent.get(id) ?? this.#older.get(id) ?? 0) + 1;
    if (this.#recent.size >= REMEMBERED) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(id, attempt);
    return attempt === 1 ? id : this.#numbered(id, attempt);
  }

  #numbered(id: string, attempt: number): string {
    const suffix = `:${attempt}`;
    return id.slice(0, 128 - suffix.length) + suffix;
  }
}

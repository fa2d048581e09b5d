/** What is known of a segment's traces, in a few bytes each: a million of them may wait. */

export const State = {
  /** Its number was never given. */
  none: 0,
  /** It began, and has no row yet. */
  open: 1,
  /** Its row is in memory, or under way. */
  held: 2,
  /** Its row is nowhere but here. */
  kept: 3,
  done: 4,
} as const;

export type State = (typeof State)[keyof typeof State];

export class TraceTable {
  #states = new Uint8Array(64);
  /** 1 where a row was sent and nothing was heard of it. */
  #unsure = new Uint8Array(64);
  /** Of each trace, the position of its last row in `rows`, and 1 more. */
  #rowOf = new Uint32Array(64);
  #offsets = new Float64Array(64);
  #numbers = new Uint32Array(64);
  /** Rows in the order of the file. */
  rows = 0;
  /** Numbers that were given. */
  traces = 0;
  readonly counts: Record<State, number> = [0, 0, 0, 0, 0] as unknown as Record<State, number>;

  stateOf(number: number): State {
    return (this.#states[number] ?? State.none) as State;
  }

  isUnsure(number: number): boolean {
    return this.#unsure[number] === 1;
  }

  setUnsure(number: number, isUnsure: boolean): void {
    if (number < this.traces) this.#unsure[number] = isUnsure ? 1 : 0;
  }

  set(number: number, state: State): void {
    if (number >= this.#states.length) this.#growTraces(number + 1);
    if (number >= this.traces) this.traces = number + 1;
    this.counts[this.#states[number] as State]--;
    this.counts[state]++;
    this.#states[number] = state;
  }

  addRow(number: number, offset: number): void {
    if (this.rows === this.#offsets.length) this.#growRows();
    this.#offsets[this.rows] = offset;
    this.#numbers[this.rows] = number;
    this.#rowOf[number] = ++this.rows;
  }

  /** What a trace has in the file is no longer its row. */
  forgetRow(number: number): void {
    if (this.hasRow(number)) this.#rowOf[number] = 0;
  }

  /** The trace whose row is the `index`th, unless a later row replaced that one. */
  numberAt(index: number): number | undefined {
    const number = this.#numbers[index] as number;
    return this.#rowOf[number] === index + 1 ? number : undefined;
  }

  offsetAt(index: number): number {
    return this.#offsets[index] as number;
  }

  hasRow(number: number): boolean {
    return (this.#rowOf[number] ?? 0) > 0;
  }

  #growTraces(least: number): void {
    const size = Math.max(least, this.#states.length * 2);
    this.#states = grown(this.#states, new Uint8Array(size));
    this.#unsure = grown(this.#unsure, new Uint8Array(size));
    this.#rowOf = grown(this.#rowOf, new Uint32Array(size));
  }

  #growRows(): void {
    const size = this.#offsets.length * 2;
    this.#offsets = grown(this.#offsets, new Float64Array(size));
    this.#numbers = grown(this.#numbers, new Uint32Array(size));
  }
}

function grown<T extends { set(from: T): void }>(before: T, after: T): T {
  after.set(before);
  return after;
}

/** The state of a segment's traces in typed arrays, since a million of them may wait. */

export const State = {
  /** The number is not used. */
  none: 0,
  /** The trace began and has no final row. */
  open: 1,
  /** Its row is queued in memory or being sent. */
  queued: 2,
  /** Its row is in this file and not in memory. */
  spooled: 3,
  /** Delivered, quarantined, or not to be published. */
  done: 4,
} as const;

export type State = (typeof State)[keyof typeof State];

/** States and rows of the traces of one segment. */
export class TraceTable {
  #states = new Uint8Array(64);
  /** 1 if the row was sent and its arrival is unknown. */
  #mayHaveArrived = new Uint8Array(64);
  /** For each trace, 1 plus the index of its last row; 0 without a row. */
  #rowOf = new Uint32Array(64);
  #offsets = new Float64Array(64);
  #numbers = new Uint32Array(64);
  #rows = 0;
  #traces = 0;
  readonly #counts: Record<State, number> = [0, 0, 0, 0, 0] as unknown as Record<State, number>;

  /** Number of row frames in the file. */
  get rows(): number {
    return this.#rows;
  }

  /** Number of traces. */
  get traces(): number {
    return this.#traces;
  }

  /** Number of traces in this state. */
  count(state: State): number {
    return this.#counts[state];
  }

  /** The traces in this state. */
  numbersIn(state: State): readonly number[] {
    const numbers: number[] = [];
    for (let number = 0; number < this.#traces; number++) {
      if (this.#states[number] === state) numbers.push(number);
    }
    return numbers;
  }

  stateOf(number: number): State {
    return (this.#states[number] ?? State.none) as State;
  }

  mayHaveArrived(number: number): boolean {
    return this.#mayHaveArrived[number] === 1;
  }

  /** Records that the row was sent: from then on it may have arrived. */
  markSent(number: number): void {
    if (number < this.#traces) this.#mayHaveArrived[number] = 1;
  }

  /** Records that the row that was sent did not arrive. */
  markNotArrived(number: number): void {
    if (number < this.#traces) this.#mayHaveArrived[number] = 0;
  }

  set(number: number, state: State): void {
    if (number >= this.#states.length) this.#growTraces(number + 1);
    if (number >= this.#traces) this.#traces = number + 1;
    this.#counts[this.#states[number] as State]--;
    this.#counts[state]++;
    this.#states[number] = state;
  }

  addRow(number: number, offset: number): void {
    if (this.#rows === this.#offsets.length) this.#growRows();
    this.#offsets[this.#rows] = offset;
    this.#numbers[this.#rows] = number;
    this.#rowOf[number] = ++this.#rows;
  }

  /** Marks the trace's row in the file as outdated. */
  forgetRow(number: number): void {
    if (this.hasRow(number)) this.#rowOf[number] = 0;
  }

  /** The trace whose row has the index; undefined if a later row replaced it. */
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

  #growTraces(minSize: number): void {
    const size = Math.max(minSize, this.#states.length * 2);
    this.#states = grown(this.#states, new Uint8Array(size));
    this.#mayHaveArrived = grown(this.#mayHaveArrived, new Uint8Array(size));
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

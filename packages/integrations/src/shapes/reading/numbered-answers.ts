/** Answers above the limit are counted up to this number. */
const MAX_COUNTED = 10_000;

/** The answers to one request by their numbers, which pieces of a stream repeat. */
export class NumberedAnswers<Answer> {
  readonly #max: number;
  readonly #create: () => Answer;
  readonly #answers = new Map<number, Answer>();
  /** The numbers of answers above the limit. */
  readonly #leftOut = new Set<number>();

  /** @param max answers above this number are counted and not kept */
  constructor(max: number, create: () => Answer) {
    this.#max = max;
    this.#create = create;
  }

  /** The number of answers that are kept. */
  get size(): number {
    return this.#answers.size;
  }

  /** The answers in the order of their numbers. */
  get inOrder(): readonly Answer[] {
    return [...this.#answers].sort(([a], [b]) => a - b).map(([, answer]) => answer);
  }

  /** The answer of a number, if some of it was received. */
  get(index: unknown): Answer | undefined {
    return typeof index === 'number' ? this.#answers.get(index) : undefined;
  }

  /** The answer of a number, which is new at its first piece; undefined above the limit, and if the value is no number. */
  ensure(index: unknown): Answer | undefined {
    if (typeof index !== 'number') return undefined;
    let answer = this.#answers.get(index);
    if (answer === undefined && this.#answers.size < this.#max) {
      answer = this.#create();
      this.#answers.set(index, answer);
    } else if (answer === undefined && this.#leftOut.size < MAX_COUNTED) this.#leftOut.add(index);
    return answer;
  }

  /** The sum of a number over all answers. */
  sumOf(read: (answer: Answer) => number): number {
    let sum = 0;
    for (const answer of this.#answers.values()) sum += read(answer);
    return sum;
  }

  /** The output of the only answer, or an array of several; undefined without an answer. */
  outputOf(read: (answer: Answer) => unknown): unknown {
    const [first, ...others] = this.inOrder.map(read);
    if (others.length === 0) return first;
    const mark = this.#leftOut.size > 0 ? [`[${this.#leftOut.size} more answers]`] : [];
    return [...[first, ...others].map((each) => each ?? null), ...mark];
  }
}

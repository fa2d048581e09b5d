import { utf8Length, utf8Text, writeUtf8 } from '#platform';

/** The position of a row on disk. The spool's own positions have the file too. */
export interface RowPosition {
  readonly number: number;
}

/** `unknown` after a send whose failure leaves open whether the platform stored the row. */
export type Arrival = 'not_arrived' | 'unknown' | 'arrived';

/**
 * A row in the queue. Its JSON text stays a string until it is written to a request body or to disk, where it is encoded.
 */
export class QueuedRow {
  readonly inferenceId: string;
  /** JSON text of the `config` that names its columns. Rows of one batch have the same. */
  readonly layout: string;
  /** Length of its JSON text in UTF-8 bytes. */
  readonly byteLength: number;
  #position: RowPosition | undefined;
  #arrival: Arrival = 'not_arrived';
  #isFinished = false;
  readonly #json: string | Uint8Array;

  /**
   * @param json JSON text of a `WireRow`, as a string or in UTF-8
   * @param position where it is on disk, if it was read from there
   */
  constructor(
    inferenceId: string,
    layout: string,
    json: string | Uint8Array,
    position: RowPosition | undefined = undefined,
  ) {
    this.inferenceId = inferenceId;
    this.layout = layout;
    this.byteLength = typeof json === 'string' ? utf8Length(json) : json.byteLength;
    this.#json = json;
    this.#position = position;
  }

  /** Undefined if the row is not on disk. */
  get position(): RowPosition | undefined {
    return this.#position;
  }

  /** Whether the platform has the row, as far as that is known from earlier sends. */
  get arrival(): Arrival {
    return this.#arrival;
  }

  /** Whether the platform has the row, or may have it. */
  get mayHaveArrived(): boolean {
    return this.#arrival !== 'not_arrived';
  }

  /** Whether nobody has to keep the row any more: it is delivered or in the quarantine. */
  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** Marks the row as one that nobody has to keep. */
  finish(): void {
    this.#isFinished = true;
  }

  /** Sets where the row was written on disk. */
  setPosition(position: RowPosition | undefined): void {
    this.#position = position;
  }

  /** Sets its arrival after a send or a lookup. */
  setArrival(arrival: Arrival): void {
    this.#arrival = arrival;
  }

  /** A copy of the row with another JSON text. */
  withText(json: string): QueuedRow {
    const row = new QueuedRow(this.inferenceId, this.layout, json, this.#position);
    row.#arrival = this.#arrival;
    return row;
  }

  /** The JSON text in UTF-8. */
  get bytes(): Uint8Array {
    const json = this.#json;
    return typeof json === 'string' ? new TextEncoder().encode(json) : json;
  }

  /** The JSON text. */
  get text(): string {
    const json = this.#json;
    return typeof json === 'string' ? json : utf8Text(json);
  }

  /** Writes the JSON text in UTF-8 to memory of `allocate`, which must have room for it. */
  writeTo(target: Uint8Array, offset: number): void {
    const json = this.#json;
    if (typeof json === 'string') writeUtf8(target, json, offset);
    else target.set(json, offset);
  }
}

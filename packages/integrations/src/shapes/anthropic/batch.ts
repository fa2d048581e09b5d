/** The results of one of Anthropic's batches, which are recorded as one step when the app reads them. */

import { isJsonObject, type JsonObject, objectOrEmpty } from '../../common/json.js';
import { BatchTotal, batchFailure } from '../reading/batch-total.js';
import { readWhole } from '../reading/read-whole.js';
import type { Description, ModelResponse, ResultReader, Retrieval } from '../reading/shape.js';
import { anthropicMessages } from './messages.js';

const RESULTS = /\/messages\/batches\/([^/]+)\/results$/;

export const anthropicBatch: Retrieval<'chat_completion'> = {
  operation: 'Batch',
  type: 'chat_completion',
  isLines: true,
  idInUrl: ({ pathname }) => RESULTS.exec(pathname)?.[1],
  reader: ({ pathname }) => new BatchReader(RESULTS.exec(pathname)?.[1] ?? ''),
};

/** Adds up the responses of a batch, one per line. */
class BatchReader implements ResultReader {
  isComplete = false;
  readonly resultId: string;
  readonly #total = new BatchTotal();
  /** The number of requests by how they ended: `succeeded`, `errored`, `canceled`, `expired`. */
  readonly #ends: Record<string, number> = {};

  constructor(id: string) {
    this.resultId = id;
  }

  get amount(): number {
    return Object.values(this.#ends).reduce((sum, count) => sum + count, 0);
  }

  get failure(): unknown {
    const { succeeded = 0 } = this.#ends;
    return batchFailure(succeeded, this.amount - succeeded, this.#total.firstError);
  }

  get description(): Description | undefined {
    return this.amount > 0 ? { inputs: { batch: this.resultId }, modelParameters: {} } : undefined;
  }

  readWhole(body: unknown): void {
    if (isJsonObject(body)) this.readEvent(body);
    this.isComplete = true;
  }

  readEvent(line: JsonObject): boolean {
    const { type, message, error } = objectOrEmpty(line.result);
    if (typeof type !== 'string') return false;
    this.#ends[type] = (this.#ends[type] ?? 0) + 1;
    if (isJsonObject(error)) this.#total.addError(error);
    if (isJsonObject(message)) this.#total.add(readWhole(anthropicMessages, message).response());
    return true;
  }

  endOfEvents(): void {}

  response(): ModelResponse {
    return this.#total.responseWith({ ...this.#ends }, { answers: this.amount });
  }
}

import { type JsonObject, objectOrEmpty } from '../../common/json.js';
import type { ModelResponse, ResponseReader } from './shape.js';

/** A response, the failure that it states, and the id of the result if it has only accepted the work. */
export interface PlainResponse extends ModelResponse {
  readonly failure?: unknown;
  readonly acceptedId?: string | undefined;
}

/** Reads responses that are one JSON object, by one function. */
export class PlainReader implements ResponseReader {
  isComplete = false;
  amount = 0;
  readonly #read: (body: unknown) => PlainResponse;
  #response: PlainResponse = {};
  #error: unknown;

  constructor(read: (body: unknown) => PlainResponse) {
    this.#read = read;
  }

  /** Some providers send an error with a status of success. */
  get failure(): unknown {
    return this.#error ?? this.#response.failure;
  }

  get acceptedId(): string | undefined {
    return this.#response.acceptedId;
  }

  readWhole(body: unknown): void {
    this.#error = objectOrEmpty(body).error ?? undefined;
    this.#response = this.#read(body);
    this.isComplete = true;
    this.amount = 1;
  }

  /** If such a response is streamed after all, the fields of later events replace those of earlier ones. */
  readEvent(data: JsonObject): boolean {
    this.#response = { ...this.#response, ...this.#read(data) };
    this.amount++;
    return true;
  }

  endOfEvents(): void {
    this.isComplete = true;
  }

  response(): ModelResponse {
    return this.#response;
  }
}

/** Reads answers that come in one piece, by one function. */

import type { Json } from '../common/json.js';
import type { Answer, AnswerReader } from './shape.js';

export class PlainReader implements AnswerReader {
  isComplete = false;
  readonly failure = undefined;
  amount = 0;
  readonly #read: (body: unknown) => Answer;
  #answer: Answer = {};

  constructor(read: (body: unknown) => Answer) {
    this.#read = read;
  }

  whole(body: unknown): void {
    this.#answer = this.#read(body);
    this.isComplete = true;
    this.amount = 1;
  }

  /** Where such an answer is streamed after all, its last event says most. */
  event(data: Json): boolean {
    this.#answer = { ...this.#answer, ...this.#read(data) };
    this.amount++;
    return true;
  }

  done(): void {
    this.isComplete = true;
  }

  answer(): Answer {
    return this.#answer;
  }
}

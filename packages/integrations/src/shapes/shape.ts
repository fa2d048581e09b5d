/** What is particular about a kind of exchange with a model: how its requests and answers are read. */

import type { StepType, StepUpdate, TokenCounts } from '@openlayer-tracing/core/integration';
import type { Json } from '../common/json.js';
import type { CollectedText } from './collected-text.js';

/** A request to a model. */
export interface ModelRequest {
  readonly url: URL;
  /** What was sent: JSON, or the fields of a form. Files stand as what they are. */
  readonly params: Json;
}

export interface Shape<T extends StepType = StepType> {
  /** What follows the client's name in the step's: `Chat Completion`. */
  readonly operation: string;
  readonly type: T;
  matches(request: ModelRequest): boolean;
  /** What is known before the answer. */
  describe(request: ModelRequest): Description;
  reader(request: ModelRequest): AnswerReader;
}

export interface Description {
  readonly inputs: Json;
  readonly model?: string | undefined;
  /** As they were sent. */
  readonly modelParameters: Json;
}

/** What an answer said, as far as it came. */
export interface Answer {
  readonly model?: string | undefined;
  readonly output?: unknown;
  /** What the model thought, where it tells. */
  readonly reasoning?: string | undefined;
  readonly tokens?: TokenCounts | undefined;
  readonly metadata?: Json | undefined;
  /** Fields of the step's type that only this kind of exchange has. */
  readonly fields?: StepUpdate | undefined;
}

/** Some more of a text. */
export interface TextAdded {
  /** Under which the text stands in its event. */
  readonly key: string;
  readonly text: CollectedText;
}

/** Reads one answer: whole, or event by event. */
export interface AnswerReader {
  /** Takes an answer that came in one piece: JSON as its value, text as text. */
  whole(body: unknown): void;
  /**
   * Takes one event of a stream.
   * @returns whether it carried some of the answer itself
   */
  event(data: Json): boolean;
  /**
   * What an event did that was taken, where that was nothing but to add to a text: one that differs from it in its text
   * alone is not taken, but its text.
   */
  added?(event: Json): TextAdded | undefined;
  /** The stream says that nothing more comes. */
  done(): void;
  /** Whether the last event came: who leaves then misses nothing. */
  readonly isComplete: boolean;
  /** Whether streams always tell that they are complete: one that ends without was cut. */
  readonly tellsItsEnd?: boolean;
  /** Whether nothing comes after it, so that the call is over even where its client reads no further. */
  readonly isOver?: boolean;
  /** What the provider says went wrong in mid-stream. */
  readonly failure?: unknown;
  /** How much of the answer came, in characters. */
  readonly amount: number;
  answer(): Answer;
}

/** Reads the body of a response while the app reads it. */
export interface BodyReader {
  /** @returns whether the chunk contained a part of the model's answer */
  chunk(bytes: Uint8Array): boolean;
  /** The body has ended. */
  end(): void;
  /** Whether the body ended within its JSON, or has JSON that cannot be parsed. */
  readonly isCut?: boolean;
  /** The body, if it is no stream: the value of JSON, text as a string. */
  readonly value?: unknown;
  /** Whether the client reads nothing more, not even the end of the body: it throws after such an event. */
  readonly isOver?: boolean;
  /** The data of an event whose name is `error`. */
  readonly failure?: unknown;
}

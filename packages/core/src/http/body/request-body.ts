import type { BodyCapture } from './body-capture.js';
import type { BodyFacts } from './body-facts.js';

/** The body of a request. */
export interface RequestBody extends BodyFacts {
  /** Whether a body parser has read it before the middleware. */
  readonly isParsed: boolean;
  /** The bytes that the app reads; undefined if only the parsed body is recorded. */
  readonly capture: BodyCapture | undefined;
  /** Captures what the framework has cached of the body by now. */
  readCached?(): void;
}

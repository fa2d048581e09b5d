/** What is known of an answer at its end. */

import type { BodyFacts } from './body-value.js';

export interface AnswerFacts extends BodyFacts {
  /** Undefined where no status was sent. */
  readonly status: number | undefined;
}

/** Of an answer that never began. */
export const NOTHING_SENT: AnswerFacts = {
  status: undefined,
  contentType: undefined,
  contentEncoding: undefined,
};

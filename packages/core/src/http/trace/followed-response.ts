import type { ResponseFacts } from '../body/body-facts.js';

/** A response that is followed to its end. */
export interface FollowedResponse {
  /** The facts known now. */
  facts(): ResponseFacts;
  /** The trace was abandoned, and the response goes on: settles it again as aborted if the client leaves. */
  followClient(): void;
  /** Whether the error says only that the connection has closed, which the outcome says. Never throws. */
  isOfClosedConnection(error: unknown): boolean;
}

import { BadRequest } from './errors.js';

/** What a client asks. */
export interface ChatRequest {
  readonly question: string;
  readonly user: string | undefined;
  readonly session: string | undefined;
  /** Another model than the app's own, to try it out. */
  readonly model: string | undefined;
}

/** Reads the body of a chat request. Throws `BadRequest`. */
export function toChatRequest(body: unknown): ChatRequest {
  const { question, user, session, model } = (body ?? {}) as Record<string, unknown>;
  if (typeof question !== 'string' || question.trim() === '') {
    throw new BadRequest('send JSON with a question: { "question": "..." }');
  }
  return {
    question: question.trim(),
    user: optionalText(user, 'user'),
    session: optionalText(session, 'session'),
    model: optionalText(model, 'model'),
  };
}

function optionalText(value: unknown, name: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new BadRequest(`${name} must be a text`);
}

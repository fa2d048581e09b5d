import { BadRequest } from './errors.js';

/** The body of a chat request. */
export interface ChatRequest {
  readonly question: string;
  readonly user: string | undefined;
  readonly session: string | undefined;
  /** A model to use instead of the app's own. */
  readonly model: string | undefined;
}

/** Checks the body of a chat request. @throws BadRequest */
export function toChatRequest(body: unknown): ChatRequest {
  const { question, user, session, model } = (body ?? {}) as Record<string, unknown>;
  if (typeof question !== 'string' || question.trim() === '') {
    throw new BadRequest('send JSON with a question: { "question": "..." }');
  }
  return {
    question: question.trim(),
    user: optionalString(user, 'user'),
    session: optionalString(session, 'session'),
    model: optionalString(model, 'model'),
  };
}

function optionalString(value: unknown, name: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new BadRequest(`${name} must be a string`);
}

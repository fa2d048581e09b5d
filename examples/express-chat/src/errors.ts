import type { ErrorRequestHandler } from 'express';
import { APIError, NotFoundError } from 'openai';

/** The client's mistake. */
export class BadRequest extends Error {
  readonly status = 400;
}

/** Answers every error as JSON, with the id to find its trace by. */
export const answerError: ErrorRequestHandler = (error, req, res, next) => {
  // Too late for another answer: Express ends the connection.
  if (res.headersSent) return next(error);
  const { status, message } = toAnswer(error);
  res.status(status).json({ error: message, inferenceId: req.trace.inferenceId });
};

function toAnswer(error: unknown): { status: number; message: string } {
  if (error instanceof NotFoundError) return { status: 400, message: 'there is no such model' };
  if (error instanceof APIError) return { status: 502, message: 'the model cannot answer now' };
  if (isClientError(error)) return error;
  return { status: 500, message: 'something went wrong here' };
}

/** Our own, and those of the body parser: their messages are made for clients. */
function isClientError(error: unknown): error is Error & { status: number } {
  return (
    error instanceof Error &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status < 500
  );
}

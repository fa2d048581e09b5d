import type { ErrorRequestHandler } from 'express';
import { APIError, NotFoundError } from 'openai';

/** A mistake of the client. */
export class BadRequest extends Error {
  readonly status = 400;
}

/** Responds to every error with JSON that contains the inference ID, by which the trace is found. */
export const respondToError: ErrorRequestHandler = (error, req, res, next) => {
  // The response has begun, so Express closes the connection.
  if (res.headersSent) return next(error);
  const { status, message } = toResponse(error);
  res.status(status).json({ error: message, inferenceId: req.trace.inferenceId });
};

function toResponse(error: unknown): { status: number; message: string } {
  if (error instanceof NotFoundError) return { status: 400, message: 'there is no such model' };
  if (error instanceof APIError) return { status: 502, message: 'the model cannot answer now' };
  if (isClientError(error)) return error;
  return { status: 500, message: 'something went wrong here' };
}

/** Whether the error is a `BadRequest` or one of the body parser. Their messages are written for clients. */
function isClientError(error: unknown): error is Error & { status: number } {
  return (
    error instanceof Error &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status < 500
  );
}

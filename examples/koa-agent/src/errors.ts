import type { Context, Next } from 'koa';
import { APIError } from 'openai';

/** Responds to every error with JSON that contains the inference ID, by which the trace is found. */
export async function respondToErrors(ctx: Context, next: Next): Promise<void> {
  try {
    await next();
  } catch (error) {
    const { status, message } = toResponse(error);
    ctx.status = status;
    ctx.body = { error: message, inferenceId: ctx.trace.inferenceId };
  }
}

function toResponse(error: unknown): { status: number; message: string } {
  if (error instanceof APIError) return { status: 502, message: 'the model cannot answer now' };
  if (isClientError(error)) return error;
  return { status: 500, message: 'something went wrong here' };
}

/** Whether the error is one of `ctx.throw` or of the body parser. Their messages are written for clients. */
function isClientError(error: unknown): error is Error & { status: number } {
  return (
    error instanceof Error &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status < 500
  );
}

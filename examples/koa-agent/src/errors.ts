import type { Context, Next } from 'koa';
import { APIError } from 'openai';

/** Answers every error as JSON, with the id to find its trace by. */
export async function answerErrors(ctx: Context, next: Next): Promise<void> {
  try {
    await next();
  } catch (error) {
    const { status, message } = toAnswer(error);
    ctx.status = status;
    ctx.body = { error: message, inferenceId: ctx.trace.inferenceId };
  }
}

function toAnswer(error: unknown): { status: number; message: string } {
  if (error instanceof APIError) return { status: 502, message: 'the model cannot answer now' };
  if (isClientError(error)) return error;
  return { status: 500, message: 'something went wrong here' };
}

/** Those of `ctx.throw` and of the body parser: their messages are made for clients. */
function isClientError(error: unknown): error is Error & { status: number } {
  return (
    error instanceof Error &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status < 500
  );
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { ClientGone, parseJson, readBody } from './body.js';
import type { Guard } from './guard.js';
import type { Intercept } from './options.js';
import { oneLine, printable } from './printable.js';
import { Refusal } from './refusal.js';
import { jsonReply, type Reply, sendReply } from './reply.js';
import type { Backend } from './routes/call.js';
import { routeOf } from './routes/route-of.js';

export interface HandlerOptions {
  readonly guard: Guard;
  readonly backend: Backend;
  readonly maxBodyBytes: number;
  readonly intercept: Intercept | undefined;
  readonly onProblem: (problem: string) => void;
}

/** Guard, body, intercept, route, in this order; whatever throws on the way becomes the answer. */
export function createHandler(options: HandlerOptions) {
  return function localServer(request: IncomingMessage, response: ServerResponse): void {
    replyTo(request, response, options)
      .catch((error: unknown) => refused(request, error, options.onProblem))
      .then((reply) => reply && sendReply(response, reply));
  };
}

/** Undefined if the request has been answered already. */
async function replyTo(
  request: IncomingMessage,
  response: ServerResponse,
  { guard, backend, maxBodyBytes, intercept }: HandlerOptions,
): Promise<Reply | undefined> {
  guard(request);
  const body = await readBody(request, maxBodyBytes);
  if (intercept && (await intercept(request, response, body))) return undefined;
  const { route, ...target } = routeOf(request.method ?? '', request.url ?? '');
  const host = request.headers.host ?? '';
  return route({ ...target, host, json: () => parseJson(request, body) }, backend);
}

function refused(
  request: IncomingMessage,
  error: unknown,
  onProblem: (problem: string) => void,
): Reply | undefined {
  if (error instanceof ClientGone) return undefined;
  const { status, message, isViolation } = toRefusal(error);
  if (isViolation) {
    const path = oneLine((request.url ?? '').split('?')[0] ?? '', 200);
    onProblem(`${request.method} ${path}: ${status} ${printable(message)}`);
  }
  return jsonReply(status, { error: message });
}

function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  // Checking and serialising recurse into the body, so that a deep enough one exhausts the stack.
  if (error instanceof RangeError) return new Refusal(400, 'the body is nested too deeply');
  return new Refusal(500, error instanceof Error ? error.message : String(error));
}

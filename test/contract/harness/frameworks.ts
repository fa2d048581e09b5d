/** What the contract suite asks of a framework: a real server, and one form of handler for all. */

import { createServer, type RequestListener, type Server } from 'node:http';
import type { RequestTrace, TracerOptions, TracingOptions } from '@openlayer-tracing/core';
import type { Setup, Stage } from './stage.ts';

/** What a handler answers with. */
export type Answer = (
  | { readonly json: unknown }
  | { readonly text: string }
  | { readonly bytes: Uint8Array }
  /** A Blob, where the framework takes one. */
  | { readonly file: Uint8Array; readonly type: string }
  | { readonly stream: AsyncIterable<string | Uint8Array> }
  | { readonly status: number }
) & { readonly status?: number; readonly headers?: Readonly<Record<string, string>> };

/** A request as a handler sees it. */
export interface Call {
  /** The framework's own request, for `getTrace`. */
  readonly raw: object;
  readonly trace: RequestTrace;
  readonly params: Readonly<Record<string, string>>;
  /** The body as the mounted parser made it. */
  body(): Promise<unknown>;
}

/** It may also throw, reject, or never come to an end. */
export type Handler = (call: Call) => Answer | Promise<Answer>;

/** A request as the functions among the options see it. */
export interface RequestFacts {
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
  header(name: string): string | undefined;
}

/** What a test defines its app with. */
export interface App {
  route(method: 'GET' | 'POST', path: string, handler: Handler): void;
  /** The app's own answer to errors of its handlers. */
  onError(answer: (error: unknown) => Answer): void;
}

/** `openlayerTracing()` with the options of the test, or a body parser of the framework's. */
export type Mount = 'tracing' | 'json' | 'urlencoded';

export interface Running {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
}

/** @typeParam Native the framework's own middleware, where a test of that framework mounts some */
export interface Framework<Native = never> {
  readonly name: string;
  /** Whether an answer whose stream fails stays unfinished until the client leaves. */
  readonly leavesBrokenAnswersOpen?: boolean;
  /** Whether its body parser answers 400 to JSON that has a key `__proto__`. */
  readonly refusesPrototypes?: boolean;
  /** What all of its tracers have in common. */
  readonly tracer?: TracerOptions | undefined;
  /** Whether what is thrown and no Error goes past the app's own answer to errors. */
  readonly answersErrorsAlone?: boolean;
  /** @param mounts in order of mounting, before the routes */
  start(
    options: TracingOptions<RequestFacts>,
    define: (app: App) => void,
    mounts: readonly (Mount | Native)[],
  ): Promise<Running>;
  /** Whether its server hears of a client's leaving only by a reset, as long as it writes nothing. */
  readonly hearsResetsAlone?: boolean;
  /** For apps that run in another process: starts the test's there. */
  readonly stage?: (setup: Setup<Native>) => Promise<Stage>;
}

/** The same options for a framework whose functions are given its own request. */
export function optionsFor<Req>(
  options: TracingOptions<RequestFacts>,
  factsOf: (req: Req) => RequestFacts,
): TracingOptions<Req> {
  const { name, skip, input, user, session, metadata, inferenceId, traceContext, ...rest } =
    options;
  const { from, trust, ...ids } = inferenceId ?? {};
  // What is no function is passed on as it is, for the middleware to refuse.
  const wrap = <R>(fn: ((facts: RequestFacts) => R) | undefined) =>
    typeof fn === 'function' ? (req: Req) => fn(factsOf(req)) : fn;
  return {
    ...rest,
    name: wrap(name),
    skip: wrap(skip),
    input: wrap(input),
    user: wrap(user),
    session: wrap(session),
    metadata: wrap(metadata),
    inferenceId: {
      ...ids,
      from: wrap(from),
      trust: typeof trust === 'function' ? wrap(trust) : trust,
    },
    traceContext: traceContext && {
      ...traceContext,
      trust:
        typeof traceContext.trust === 'function' ? wrap(traceContext.trust) : traceContext.trust,
    },
  };
}

/** Listens on a free port of this machine. */
export async function listen(server: Server): Promise<Running> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { url: `http://127.0.0.1:${address.port}`, port: address.port, server };
}

/** A server of this listener, which ends with the block that it is used in. */
export async function serving(
  listener: RequestListener,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const { port, server } = await listen(createServer(listener));
  return {
    // By its name, which virtual hosts go by.
    url: `http://localhost:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

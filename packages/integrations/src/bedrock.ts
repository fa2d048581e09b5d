/** The AWS SDK's client for Bedrock's models, version 3. */

import { inClientCall, isUntraced, reportFailure } from '@openlayer-tracing/core/integration';
import { type CallOptions, checkOptions } from './common/options.js';
import { traced } from './common/traced.js';
import { ClientCall } from './http/client-call.js';
import type { Door } from './http/door.js';
import { beginExchange, type SmithyRequest, type SmithyResponse } from './http/smithy.js';
import { bedrockConverse } from './shapes/bedrock-converse.js';
import { bedrockInvoke } from './shapes/bedrock-invoke.js';

export type { ContentPart } from './common/options.js';

export interface BedrockOptions extends CallOptions {}

type Next<Args, Result> = (args: Args) => Promise<Result>;
type Middleware<Args, Result> = (next: Next<Args, Result>) => Next<Args, Result>;

/** The part of the client's middleware stack that is used here. */
interface MiddlewareStack {
  add(
    middleware: Middleware<object, object>,
    place: { step: 'initialize'; name: string; override: boolean; priority: 'high' },
  ): void;
  add(
    middleware: Middleware<SmithyRequest, SmithyResponse>,
    place: { step: 'deserialize'; name: string; override: boolean; priority: 'low' },
  ): void;
}

/**
 * Has a Bedrock client record what it sends to models, by `Converse`, `ConverseStream`, `InvokeModel` and
 * `InvokeModelWithResponseStream`, as steps of the current trace; outside a trace, as traces of their own. The client
 * stays the one that it is, and behaves as before.
 *
 * @example
 * const bedrock = traceBedrock(new BedrockRuntimeClient());
 *
 * @returns the client that was given
 * @throws TypeError where it is no such client, or an option is wrong
 */
export function traceBedrock<Client extends object>(
  client: Client,
  options: BedrockOptions = {},
): Client {
  checkOptions('traceBedrock', options);
  const { middlewareStack: stack } = (client ?? {}) as { middlewareStack?: MiddlewareStack };
  if (typeof stack?.add !== 'function') {
    throw new TypeError(
      'traceBedrock(client) takes a client, such as traceBedrock(new BedrockRuntimeClient())',
    );
  }
  if (traced.has(stack)) return client;
  traced.add(stack);
  const shapes = [bedrockConverse, ...bedrockInvoke];
  const door: Door = { client: 'Bedrock', provider: 'bedrock', shapes, options };
  const name = 'openlayerTracing';
  stack.add(aroundCalls, { step: 'initialize', name, override: true, priority: 'high' });
  stack.add((next) => aroundTries(next, door), {
    step: 'deserialize',
    name: `${name}OfTries`,
    override: true,
    priority: 'low',
  });
  return client;
}

/** Outermost: all tries of one command belong together. */
function aroundCalls(next: Next<object, object>): Next<object, object> {
  return async (args) => {
    if (isUntraced()) return next(args);
    // How often it tries is the client's to know; it tells by its failure that it does no longer.
    const call = new ClientCall({ maxRetries: Number.POSITIVE_INFINITY });
    try {
      return await inClientCall(call, () => next(args));
    } catch (error) {
      try {
        call.call?.triesAreOver();
      } catch (failure) {
        reportFailure('failure', failure);
      }
      throw error;
    }
  };
}

/** Innermost: what is sent, and the answer before it is read. */
function aroundTries(
  next: Next<SmithyRequest, SmithyResponse>,
  door: Door,
): Next<SmithyRequest, SmithyResponse> {
  return async (args) => {
    const exchange = beginExchange(door, args);
    if (exchange === undefined) return next(args);
    let result: SmithyResponse;
    try {
      result = await next(args);
    } catch (error) {
      exchange.failed(error);
      throw error;
    }
    exchange.answered(result);
    return result;
  };
}

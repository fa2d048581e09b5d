/** The entry point for the clients of AWS SDK version 3 for Bedrock's models, agents and knowledge bases. */

import { inClientCall, isUntraced, runGuarded } from '@openlayer-tracing/core/integration';
import {
  type SmithyRequest,
  type SmithyResponse,
  startExchange,
} from './clients/smithy-exchange.js';
import { traced } from './common/hooks/traced.js';
import { CALL_OPTIONS, type CallOptions, checkOptions } from './common/options.js';
import { MethodCall } from './http/calls/method-call.js';
import type { ClientProfile } from './http/client-profile.js';
import { BEDROCK_FREE, bedrockAgentRuntimeShapes, bedrockRuntimeShapes } from './shapes/bedrock.js';
import type { Shape } from './shapes/shape.js';

export type { ContentPart } from './common/options.js';

export interface BedrockOptions extends CallOptions {}

type Next<Args, Result> = (args: Args) => Promise<Result>;
type Middleware<Args, Result> = (next: Next<Args, Result>) => Next<Args, Result>;

/** The part of the client's middleware stack that is used. */
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

interface AwsClient {
  readonly middlewareStack: MiddlewareStack;
  readonly config: { readonly serviceId?: unknown };
}

/** The requests of each client, by AWS's name of the service. */
const SERVICES: Readonly<Record<string, readonly Shape[]>> = {
  'Bedrock Runtime': bedrockRuntimeShapes,
  'Bedrock Agent Runtime': bedrockAgentRuntimeShapes,
};

/**
 * Makes a Bedrock client record its requests to models as steps of the current trace; outside a trace, as traces of their own. A
 * `BedrockRuntimeClient` records `Converse`, `ConverseStream`, `InvokeModel`, `InvokeModelWithResponseStream`, `StartAsyncInvoke`,
 * `ApplyGuardrail` and `InvokeGuardrailChecks`. A `BedrockAgentRuntimeClient` records agents, flows, retrievals, rerankings and
 * retrieve-and-generate; if the request enables AWS's trace, with child steps for their models and tools. The client itself is
 * changed, and behaves as before.
 *
 * @example
 * const bedrock = traceBedrock(new BedrockRuntimeClient());
 *
 * @returns the same client
 * @throws TypeError if the argument is no such client, or an option is wrong
 */
export function traceBedrock<Client extends object>(
  client: Client,
  options: BedrockOptions = {},
): Client {
  checkOptions('traceBedrock', options, CALL_OPTIONS);
  const { middlewareStack: stack, config } = (client ?? {}) as Partial<AwsClient>;
  const shapes = SERVICES[String(config?.serviceId)];
  if (typeof stack?.add !== 'function' || shapes === undefined) {
    throw new TypeError(
      'traceBedrock(client) takes a BedrockRuntimeClient or a BedrockAgentRuntimeClient, such as traceBedrock(new BedrockRuntimeClient())',
    );
  }
  if (traced.has(stack)) return client;
  traced.add(stack);
  const profile: ClientProfile = {
    client: 'Bedrock',
    provider: 'bedrock',
    shapes,
    free: BEDROCK_FREE,
    options,
  };
  const name = 'openlayerTracing';
  stack.add(aroundCalls, { step: 'initialize', name, override: true, priority: 'high' });
  stack.add((next) => aroundAttempts(next, profile), {
    step: 'deserialize',
    name: `${name}Attempts`,
    override: true,
    priority: 'low',
  });
  return client;
}

/** The outermost middleware: all requests of one command are attempts of one call. */
function aroundCalls(next: Next<object, object>): Next<object, object> {
  return async (args) => {
    if (isUntraced()) return next(args);
    // The client decides how often it retries: it throws when it does not retry any more.
    const methodCall = new MethodCall({ maxRetries: Number.POSITIVE_INFINITY });
    try {
      return await inClientCall(methodCall, () => next(args));
    } catch (error) {
      runGuarded('failure', () => methodCall.httpCall?.endAttempts());
      throw error;
    }
  };
}

/** The innermost middleware: receives each request as it is sent, and the response before it is read. */
function aroundAttempts(
  next: Next<SmithyRequest, SmithyResponse>,
  profile: ClientProfile,
): Next<SmithyRequest, SmithyResponse> {
  return async (args) => {
    const exchange = startExchange(profile, args);
    if (exchange === undefined) return next(args);
    let result: SmithyResponse;
    try {
      result = await next(args);
    } catch (error) {
      exchange.fail(error);
      throw error;
    }
    exchange.respond(result);
    return result;
  };
}

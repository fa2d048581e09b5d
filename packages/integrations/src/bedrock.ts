/** The entry point for the clients of AWS SDK version 3 for Bedrock's models, agents and knowledge bases. */

import { inClientCall, isUntraced, runGuarded } from '@openlayer-tracing/core/integration';
import {
  type SmithyRequest,
  type SmithyResponse,
  startExchange,
} from './clients/smithy-exchange.js';
import { replaceMethod } from './common/hooks/replace-method.js';
import { isTraced, markTraced } from './common/hooks/traced.js';
import { whenStreamLeft } from './common/hooks/when-left.js';
import { objectOrEmpty } from './common/json.js';
import { CALL_OPTIONS, type CallOptions, checkOptions } from './common/options.js';
import { currentMethodCall, MethodCall } from './http/calls/method-call.js';
import type { ClientProfile } from './http/exchange/client-profile.js';
import {
  BEDROCK_UNREPORTED,
  bedrockAgentRuntimeShapes,
  bedrockRuntimeShapes,
} from './shapes/bedrock.js';
import type { Shape } from './shapes/reading/shape.js';

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
  readonly config: { readonly serviceId?: unknown; readonly requestHandler?: RequestHandler };
}

/** Sends requests. Clients may share one. */
interface RequestHandler {
  handle(request: unknown, options?: unknown, ...rest: unknown[]): unknown;
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
  if (!markTraced(stack)) return client;
  const profile: ClientProfile = {
    client: 'Bedrock',
    provider: 'bedrock',
    shapes,
    unreportedPaths: BEDROCK_UNREPORTED,
    isForAnyHost: false,
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
  readSignals(config?.requestHandler);
  return client;
}

/** Reads the app's signal where it is passed to the handler of requests: middleware is not given it. */
function readSignals(handler: RequestHandler | undefined): void {
  if (handler === undefined || isTraced(handler) || !Object.isExtensible(handler)) return;
  markTraced(handler);
  replaceMethod(handler, 'handle', (handle) => {
    return function tracedHandle(this: RequestHandler, ...args) {
      runGuarded('signal', () => {
        currentMethodCall()?.setOptions({ signal: objectOrEmpty(args[1]).abortSignal });
      });
      return handle.apply(this, args);
    };
  });
}

/** The outermost middleware: all requests of one command are attempts of one call. */
function aroundCalls(next: Next<object, object>): Next<object, object> {
  return async (args) => {
    if (isUntraced()) return next(args);
    // The client decides how often it retries: it throws when it does not retry any more.
    const { POSITIVE_INFINITY: maxRetries } = Number;
    const methodCall = new MethodCall({ maxRetries, maxBackoffMs: maxRetries });
    let result: object;
    try {
      result = await inClientCall(methodCall, () => next(args));
    } catch (error) {
      runGuarded('failure', () => {
        methodCall.leave(error);
        methodCall.endAttempts();
      });
      throw error;
    }
    runGuarded('stream', () => {
      for (const stream of streamsIn(result)) {
        whenStreamLeft(stream, (error) => methodCall.leave(error));
      }
    });
    return result;
  };
}

/** The streams of events in the output of a command. If the client stops reading one, it does not cancel the body. */
function streamsIn(result: object): readonly object[] {
  const { output } = result as { output?: unknown };
  return Object.values(objectOrEmpty(output)).filter(
    (value): value is object =>
      typeof value === 'object' && value !== null && Symbol.asyncIterator in value,
  );
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

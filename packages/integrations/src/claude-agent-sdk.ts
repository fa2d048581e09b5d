/** The entry point for Anthropic's agent SDK, whose runs are recorded by the messages that they yield. */

import { expectRuns, isUntraced, runGuarded } from '@openlayer-tracing/core/integration';
import { observeQuery } from './claude-agent-sdk/query.js';
import { AgentRun, OPENINFERENCE, type RunRequest } from './claude-agent-sdk/run.js';
import { assertChangeable, replaceMethod, withSignatureOf } from './common/hooks/replace-method.js';
import { isTraced, markTraced } from './common/hooks/traced.js';
import { isJsonObject, type JsonObject, objectOrEmpty } from './common/json.js';
import { CALL_OPTIONS, type CallOptions, checkOptions } from './common/options.js';

export type { ContentPart } from './common/options.js';

export interface ClaudeAgentOptions extends CallOptions {}

type Query = (...args: never[]) => object;

/** What `startup()` of the SDK returns: a process that waits for its prompt. */
interface WarmQuery {
  query: Query;
}

/**
 * Makes runs of the agent SDK `agent` steps of the current trace; outside a trace, traces of their own. The model calls and tools
 * that the messages of a run contain become its child steps, and subagents have child steps of their own. The cost that the SDK
 * states for a run is divided among its model calls. Runs behave as before.
 *
 * @example
 * const tracedQuery = traceClaudeAgent(query);
 * for await (const message of tracedQuery({ prompt: 'Why does the build fail?' })) {
 *   if (message.type === 'result') console.log(message.result);
 * }
 *
 * @param query the SDK's function `query` or `startup`, or what `startup()` returned. Of the latter the options are unknown: it
 * may resume a session, so the cost that the SDK states is not divided. Pass `startup` itself instead
 * @returns a function of the same type to call in its place; what `startup()` returned is changed and returned itself
 * @throws TypeError if the argument is neither or is frozen, or an option is wrong
 */
export function traceClaudeAgent<T extends object>(query: T, options: ClaudeAgentOptions = {}): T {
  checkOptions('traceClaudeAgent', options, CALL_OPTIONS);
  expectRuns(OPENINFERENCE);
  if (typeof query === 'function') {
    if (isTraced(query)) return query;
    const before = query as unknown as Query;
    const wrapped = tracedFunction(before, options);
    markTraced(withSignatureOf(before, wrapped));
    // It takes and returns what the wrapped function does.
    return wrapped as unknown as T;
  }
  if (!isWarmQuery(query)) {
    throw new TypeError(
      'traceClaudeAgent(query) takes the function query or startup of @anthropic-ai/claude-agent-sdk, or what startup() returned',
    );
  }
  traceWarmQuery(query, options, undefined);
  return query;
}

/** Traces `query` or `startup`: the latter is called without a prompt, and returns a promise. */
function tracedFunction(before: Query, options: ClaudeAgentOptions): Query {
  const requestOf = ([argument]: readonly unknown[]): RunRequest => {
    const { prompt, options: ofRun } = objectOrEmpty(argument);
    return { prompt, options: objectOrEmpty(ofRun) };
  };
  const query = tracedQuery(before, options, requestOf);
  return function tracedFunction(this: unknown, ...args: never[]): object {
    const request = requestOf(args);
    if (request.prompt !== undefined) return query.apply(this, args);
    const result = before.apply(this, args);
    if (!(result instanceof Promise)) {
      const run = startRun(options, request);
      return run === undefined ? result : observeQuery(result, run);
    }
    const trace = (warm: unknown) =>
      runGuarded('startup', () => {
        if (isWarmQuery(warm)) traceWarmQuery(warm, options, request.options);
      });
    // It runs before the app receives the object.
    result.then(trace, () => {});
    return result;
  };
}

function isWarmQuery(value: unknown): value is WarmQuery {
  return isJsonObject(value) && typeof value.query === 'function';
}

/** @param ofRun the options of its process; undefined if they are unknown */
function traceWarmQuery(
  warm: WarmQuery,
  options: ClaudeAgentOptions,
  ofRun: JsonObject | undefined,
): void {
  if (isTraced(warm)) return;
  assertChangeable('traceClaudeAgent', 'query', warm, 'query');
  markTraced(warm);
  replaceMethod(warm, 'query', (before) =>
    tracedQuery(before, options, ([prompt]) => ({ prompt, options: ofRun })),
  );
}

function tracedQuery(
  query: Query,
  options: ClaudeAgentOptions,
  requestOf: (args: readonly unknown[]) => RunRequest,
): Query {
  return function tracedQuery(this: unknown, ...args: never[]): object {
    const run = startRun(options, requestOf(args));
    if (run === undefined) return query.apply(this, args);
    let result: object;
    try {
      // Steps of tools that run in this process become children of the run.
      result = run.step.run(() => query.apply(this, run.argsOf(args) as never[]));
    } catch (error) {
      runGuarded('failure', () => run.end('failed', error));
      throw error;
    }
    return observeQuery(result, run);
  };
}

/** Never throws. */
function startRun(options: ClaudeAgentOptions, request: RunRequest): AgentRun | undefined {
  return runGuarded('query', () => (isUntraced() ? undefined : AgentRun.start(options, request)));
}

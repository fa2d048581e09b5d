/** The entry point for Anthropic's agent SDK, whose runs are recorded by the messages that they yield. */

import { expectRuns, isUntraced, runGuarded } from '@openlayer-tracing/core/integration';
import { observeQuery } from './claude-agent-sdk/query.js';
import { AgentRun, OPENINFERENCE } from './claude-agent-sdk/run.js';
import { assertChangeable, replaceMethod, withSignatureOf } from './common/hooks/replace-method.js';
import { traced } from './common/hooks/traced.js';
import { isRecord, type Json, objectOrEmpty } from './common/json.js';
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
 * @param query the SDK's function, or what its `startup()` returned
 * @returns a function of the same type to call in its place; what `startup()` returned is changed and returned itself
 * @throws TypeError if the argument is neither or is frozen, or an option is wrong
 */
export function traceClaudeAgent<T extends object>(query: T, options: ClaudeAgentOptions = {}): T {
  checkOptions('traceClaudeAgent', options, CALL_OPTIONS);
  expectRuns(OPENINFERENCE);
  if (typeof query === 'function') {
    if (traced.has(query)) return query;
    const before = query as unknown as Query;
    const wrapped = tracedQuery(before, options, (args) => objectOrEmpty(args[0]));
    traced.add(withSignatureOf(before, wrapped));
    // It takes and returns what the wrapped function does.
    return wrapped as unknown as T;
  }
  if (!isRecord(query) || typeof query.query !== 'function') {
    throw new TypeError(
      'traceClaudeAgent(query) takes the function query of @anthropic-ai/claude-agent-sdk, or what its startup() returned',
    );
  }
  if (traced.has(query)) return query;
  assertChangeable('traceClaudeAgent', 'query', query, 'query');
  traced.add(query);
  replaceMethod(query as unknown as WarmQuery, 'query', (before) =>
    tracedQuery(before, options, ([prompt]) => ({ prompt })),
  );
  return query;
}

function tracedQuery(
  query: Query,
  options: ClaudeAgentOptions,
  requestOf: (args: readonly unknown[]) => Json,
): Query {
  return function tracedQuery(this: WarmQuery, ...args: never[]): object {
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
function startRun(options: ClaudeAgentOptions, request: Json): AgentRun | undefined {
  return runGuarded('query', () => (isUntraced() ? undefined : AgentRun.start(options, request)));
}

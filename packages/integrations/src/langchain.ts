/** LangChain from its core 1 on, and LangGraph. */

import { registerStepFinder } from '@openlayer-tracing/core/integration';
import { type CallOptions, checkOptions } from './common/options.js';
import { traced } from './common/traced.js';
import { currentRunId } from './langchain/current-run.js';
import { HANDLER_NAME, LangChainHandler } from './langchain/handler.js';

export type { ContentPart } from './common/options.js';

export interface LangChainOptions extends CallOptions {}

type Configure = (this: unknown, ...args: unknown[]) => Manager | undefined;

/** What is used of `CallbackManager`. */
interface Manager {
  readonly handlers: readonly { readonly name: string }[];
  addHandler(handler: unknown, inherit?: boolean): void;
}

/**
 * Has all that LangChain and LangGraph run record itself as steps of the current trace: chains, graphs, agents, tools,
 * retrievers and models. Once, where the app starts; calls need nothing.
 *
 * @example
 * traceLangChain(CallbackManager);
 */
export function traceLangChain(manager: object, options: LangChainOptions = {}): void {
  checkOptions('traceLangChain', options);
  const configure: unknown = (manager as { _configureSync?: unknown } | null)?._configureSync;
  if (typeof manager !== 'function' || typeof configure !== 'function') {
    throw new TypeError(
      'traceLangChain(CallbackManager) takes the CallbackManager of @langchain/core/callbacks/manager',
    );
  }
  if (traced.has(manager)) return;
  traced.add(manager);
  const handler = new LangChainHandler(options);
  registerStepFinder(() => handler.stepOf(currentRunId()));
  const CallbackManager = manager as new () => Manager;
  // Every run passes here, with or without callbacks of its own.
  Object.assign(manager, {
    _configureSync(this: unknown, ...args: unknown[]): Manager {
      const configured = (configure as Configure).apply(this, args) ?? new CallbackManager();
      if (!configured.handlers.some(({ name }) => name === HANDLER_NAME)) {
        configured.addHandler(handler, true);
      }
      return configured;
    },
  });
}

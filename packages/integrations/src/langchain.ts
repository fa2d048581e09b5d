/** The entry point for LangChain, from version 1 of its core on, and LangGraph. */

import { registerStepFinder, replaceSpans } from '@openlayer-tracing/core/integration';
import { assertChangeable, replaceMethod } from './common/hooks/replace-method.js';
import { isTraced, markTraced } from './common/hooks/traced.js';
import { CALL_OPTIONS, type CallOptions, checkOptions } from './common/options.js';
import { type ReportedRequests, reportRequests } from './http/report-requests.js';
import { HANDLER_NAME, LangChainHandler } from './langchain/handler.js';
import { type ChatModel, traceStreamEvents } from './langchain/stream-events.js';
import { isEmbeddings, traceEmbeddings } from './langchain/trace-embeddings.js';

export type { ContentPart } from './common/options.js';

export interface LangChainOptions extends CallOptions {}

/** The part of the class `CallbackManager` that is used. */
interface ManagerClass {
  new (): Manager;
  _configureSync(this: unknown, ...args: unknown[]): Manager | undefined;
}

/** The part of a `CallbackManager` that is used. */
interface Manager {
  readonly handlers: readonly { readonly name: string }[];
  addHandler(handler: unknown, inherit?: boolean): void;
}

/** The instrumentations of OpenTelemetry that have spans of LangChain's runs. */
const INSTRUMENTATIONS = [
  '@arizeai/openinference-instrumentation-langchain',
  '@traceloop/instrumentation-langchain',
];

/** How the clients of LangChain's models for OpenAI name themselves. */
const REQUESTS: ReportedRequests = {
  userAgent: /\blangchainjs-/,
  unreportedPaths: [/\/moderations$/],
};

/**
 * Makes all runs of LangChain and LangGraph steps of the current trace: chains, graphs, agents, tools, retrievers and models. Call
 * it once, where the app starts; single calls need no change.
 *
 * LangChain has no callbacks for embeddings, and none for chat models that stream by `streamEvents` without a version. Call this
 * function with each class of embeddings that the app uses, and with `BaseChatModel`, as well. On Node, a request that the
 * models of `@langchain/openai` send without any of this is the diagnostic `unrecorded_call`, once for each path.
 *
 * @example
 * traceLangChain(CallbackManager);
 * traceLangChain(BaseChatModel);
 * traceLangChain(OpenAIEmbeddings);
 *
 * @param target the class `CallbackManager` of `@langchain/core/callbacks/manager`, the class `BaseChatModel` of
 *   `@langchain/core/language_models/chat_models`, or a class of embeddings, such as `OpenAIEmbeddings`
 * @throws TypeError if the argument is none of them or is frozen, or an option is wrong
 */
export function traceLangChain(target: object, options: LangChainOptions = {}): void {
  checkOptions('traceLangChain', options, CALL_OPTIONS);
  reportRequests('langchain', REQUESTS);
  const model = (target as { prototype?: Partial<ChatModel> } | null)?.prototype;
  if (isEmbeddings(model)) {
    traceMethodOnce(target, model, 'embedQuery', () => traceEmbeddings(model, options));
  } else if (typeof model?._streamChatModelEvents === 'function') {
    traceMethodOnce(target, model, 'streamEvents', () =>
      traceStreamEvents(model as ChatModel, new LangChainHandler(options), options),
    );
  } else if (isManagerClass(target)) {
    traceMethodOnce(target, target, '_configureSync', () =>
      traceRuns(target, new LangChainHandler(options)),
    );
  } else {
    throw new TypeError(
      'traceLangChain(class) takes CallbackManager, BaseChatModel or a class of embeddings, such as OpenAIEmbeddings',
    );
  }
}

/**
 * Traces a class, unless it is traced already.
 * @param changed the object that `trace` changes: the class or its prototype
 * @param key the property of that object that is replaced
 * @throws TypeError if the object is frozen
 */
function traceMethodOnce(target: object, changed: object, key: string, trace: () => void): void {
  if (isTraced(target)) return;
  assertChangeable('traceLangChain', 'class', changed, key);
  markTraced(target);
  trace();
}

function isManagerClass(target: unknown): target is ManagerClass {
  return (
    typeof target === 'function' &&
    typeof (target as Partial<ManagerClass>)._configureSync === 'function'
  );
}

/** Adds the handler to the callbacks of every run. */
function traceRuns(CallbackManager: ManagerClass, handler: LangChainHandler): void {
  for (const scope of INSTRUMENTATIONS) replaceSpans(scope);
  registerStepFinder(() => handler.currentStep());
  // LangChain calls this method for every run, with or without callbacks of its own.
  replaceMethod(CallbackManager, '_configureSync', (configureSync) => {
    return function tracedConfigureSync(this: unknown, ...args: unknown[]): Manager {
      // Without callbacks there is no manager. One that is made for no callbacks has the metadata and tags of the call.
      const [, ...others] = args;
      const configured =
        configureSync.apply(this, args) ??
        configureSync.apply(this, [[], ...others]) ??
        new CallbackManager();
      if (!configured.handlers.some(({ name }) => name === HANDLER_NAME)) {
        // The second argument: the runs below inherit it.
        configured.addHandler(handler, true);
      }
      return configured;
    };
  });
}

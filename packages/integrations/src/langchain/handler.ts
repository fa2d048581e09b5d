/** Records LangChain's callbacks as steps. Each run names its parent, so that the scope of the callback does not matter. */

import {
  announceRequest,
  runGuarded,
  type Step,
  type StepUpdate,
} from '@openlayer-tracing/core/integration';
import { lastText } from '../common/calls/last-text.js';
import {
  recordedContent,
  recordedDetails,
  recordedParameters,
} from '../common/content/recorded-content.js';
import { toolError } from '../common/failures/call-error.js';
import {
  arrayOrEmpty,
  definedFields,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  nonEmptyFields,
  objectOrEmpty,
  stringOrUndefined,
  tryParseJson,
} from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { wordSet } from '../common/words.js';
import { withInterrupts } from './graph-control.js';
import { ModelRun } from './model-run.js';
import { plainValue } from './plain-value.js';
import { langChainProvider } from './provider.js';
import { Runs } from './runs.js';

/** The name by which LangChain identifies the handler. */
export const HANDLER_NAME = 'openlayer_tracing';

/** The tag of internal steps of graphs. */
const HIDDEN = 'langsmith:hidden';

const VERSIONS = wordSet('versions');

type Listener = (...args: unknown[]) => void;

/** A callback handler of LangChain. Its listeners never throw. */
export class LangChainHandler {
  readonly name = HANDLER_NAME;
  // LangChain calls the handler before it continues, and not later in the background.
  readonly awaitHandlers = true;
  readonly raiseError = false;
  readonly ignoreLLM = false;
  readonly ignoreChain = false;
  readonly ignoreAgent = false;
  readonly ignoreRetriever = false;
  readonly ignoreCustomEvent = true;
  readonly #options: CallOptions;
  readonly #runs: Runs;

  constructor(options: CallOptions) {
    this.#options = options;
    this.#runs = new Runs(options);
  }

  copy(): this {
    return this;
  }

  /** The step of the run that the running code belongs to; undefined if there is none. */
  currentStep(): Step | undefined {
    return this.#runs.currentStep();
  }

  handleChainStart: Listener = guarded(
    (chain, inputs, runId, parentId, tags, _meta, _type, name) => {
      if (arrayOrEmpty(tags).includes(HIDDEN)) {
        this.#runs.hide(runId, parentId);
        return;
      }
      const kind = classNameOf(chain);
      this.#runs.start(runId, parentId, {
        name: stringOrUndefined(name) ?? kind ?? 'chain',
        type: /Graph$/.test(kind ?? '') ? 'agent' : 'chain',
        inputs: this.#content('inputs', plainValue(inputs)),
      });
    },
  );

  handleChainEnd: Listener = guarded((outputs, runId) => {
    const output = withInterrupts(outputs, this.#runs.interruptsOf(runId));
    this.#runs.end(runId, { output: this.#content('output', plainValue(output)) });
  });

  handleChainError: Listener = guarded((error, runId) => this.#runs.fail(runId, error));

  handleChatModelStart: Listener = guarded((llm, messages, runId, parentId, extra, _tags, meta) => {
    // A call has one array of messages for each prompt.
    const prompts = arrayOrEmpty(messages);
    this.#startModel(
      llm,
      prompts.length === 1 ? prompts[0] : prompts,
      runId,
      parentId,
      extra,
      meta,
    );
  });

  handleLLMStart: Listener = guarded((llm, prompts, runId, parentId, extra, _tags, meta) => {
    this.#startModel(llm, prompts, runId, parentId, extra, meta);
  });

  handleLLMNewToken: Listener = guarded((token, index, runId, _parentId, _tags, fields) => {
    this.#runs.modelOf(runId)?.addToken(token, index, objectOrEmpty(fields).chunk);
  });

  handleChatModelStreamEvent: Listener = guarded((event, runId) => {
    this.#runs.modelOf(runId)?.addEvent(event);
  });

  handleLLMEnd: Listener = guarded((result, runId) => {
    this.#runs.modelOf(runId)?.end(result);
    this.#runs.remove(runId);
  });

  handleLLMError: Listener = guarded((error, runId) => {
    this.#runs.failModel(runId, error);
  });

  handleToolStart: Listener = guarded((tool, input, runId, parentId, _tags, _meta, name) => {
    const called = stringOrUndefined(name) ?? classNameOf(tool) ?? 'tool';
    const toolInput = typeof input === 'string' ? (tryParseJson(input) ?? input) : input;
    const inputs = this.#content('inputs', toolInput);
    this.#runs.start(runId, parentId, {
      name: called,
      type: 'tool',
      inputs,
      functionName: called,
      arguments: inputs,
    });
  });

  handleToolEnd: Listener = guarded((output, runId) => {
    const isMessage = isJsonObject(output) && 'content' in output;
    const content = plainValue(isMessage ? output.content : output);
    const {
      artifact,
      status,
      metadata,
      tool_call_id: id,
    } = isMessage ? output : ({} as JsonObject);
    // The metadata under `versions` are LangChain's own.
    const fields = { artifact, metadata: nonEmptyFields(objectOrEmpty(metadata), VERSIONS) };
    const about = recordedDetails(this.#options, nonEmptyFields(fields));
    const update = {
      output: this.#content('output', content),
      metadata: { ...about, ...definedFields({ toolCallId: stringOrUndefined(id) || undefined }) },
    };
    // A tool may state its failure in its result.
    if (status !== 'error') this.#runs.end(runId, update);
    else this.#runs.fail(runId, toolError(this.#options, stringOrUndefined(content)), update);
  });

  handleToolError: Listener = guarded((error, runId) => this.#runs.fail(runId, error));

  handleRetrieverStart: Listener = guarded((retriever, query, runId, parentId, _t, _meta, name) => {
    this.#runs.start(runId, parentId, {
      name: stringOrUndefined(name) ?? classNameOf(retriever) ?? 'retriever',
      type: 'retriever',
      inputs: this.#content('inputs', { query }),
    });
  });

  handleRetrieverEnd: Listener = guarded((documents, runId) => {
    const plainDocuments = arrayOrEmpty(documents).map((each) => {
      const { pageContent, metadata, id } = objectOrEmpty(each);
      return definedFields({ id, content: pageContent, metadata });
    });
    const recorded = this.#content('output', plainDocuments);
    this.#runs.end(runId, {
      output: recorded,
      ...(Array.isArray(recorded) && { documents: recorded }),
    } as StepUpdate);
  });

  handleRetrieverError: Listener = guarded((error, runId) => this.#runs.fail(runId, error));

  #startModel(
    llm: unknown,
    prompt: unknown,
    runId: unknown,
    parentId: unknown,
    extra: unknown,
    meta: unknown,
  ): void {
    const { invocation_params: params, options } = objectOrEmpty(extra);
    const { ls_provider: provider, ls_model_name: lsModel } = objectOrEmpty(meta);
    const {
      model,
      model_name,
      modelName,
      tools = objectOrEmpty(options).tools,
      ...rest
    } = objectOrEmpty(params);
    // The parameter `stream` does not say whether the call streams.
    const parameters = fieldsExcept(rest, 'messages', 'stream');
    const named =
      stringOrUndefined(model) ??
      stringOrUndefined(model_name) ??
      stringOrUndefined(modelName) ??
      stringOrUndefined(lsModel);
    const kind = arrayOrEmpty(objectOrEmpty(llm).id);
    // The default is a part of the class's name, which says less than a response does.
    const isDefault = provider === String(kind.at(-1)).replace(/^Chat/, '');
    const known = this.#options.provider ?? (isDefault ? undefined : langChainProvider(provider));
    const recorded = this.#runs.start(runId, parentId, {
      name: 'LangChain Chat Completion',
      type: 'chat_completion',
      inputs: this.#content('inputs', definedFields({ prompt: plainValue(prompt), tools })),
      // `langchain`, `chat_models`, `openai`, `ChatOpenAI`
      provider: known ?? langChainProvider(provider ?? kind.at(-2)),
      model: named,
      ...(Object.keys(parameters).length > 0 && {
        modelParameters: recordedParameters(this.#options, parameters),
      }),
    });
    if (recorded === undefined) return;
    this.#runs.setModel(
      runId,
      new ModelRun(recorded, this.#options, {
        tier: stringOrUndefined(objectOrEmpty(params).service_tier),
        hasProvider: known !== undefined,
      }),
      objectOrEmpty(options).signal,
    );
    // LangChain does not say in which scope the client sends the request.
    announceRequest(recorded, { model: named, lastText: lastText(prompt) });
  }

  #content(part: 'inputs' | 'output', content: unknown): unknown {
    return recordedContent(this.#options, part, content);
  }
}

/** The class of a serialized object: `RunnableSequence` of `langchain_core`, `runnables`, `RunnableSequence`. */
function classNameOf(serialized: unknown): string | undefined {
  return stringOrUndefined(arrayOrEmpty(objectOrEmpty(serialized).id).at(-1));
}

/** A listener that never throws. */
function guarded(listen: Listener): Listener {
  return (...args) => runGuarded('callback', () => listen(...args));
}

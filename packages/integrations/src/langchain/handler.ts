/** LangChain's callbacks as steps. A run begins below the run that it names as its parent, wherever it is told. */

import {
  expectExchange,
  reportFailure,
  type Step,
  type StepUpdate,
} from '@openlayer-tracing/core/integration';
import { recordedContent, recordedParameters } from '../common/content.js';
import { isRecord, list, parseJson, record, text, without } from '../common/json.js';
import { lastText } from '../common/last-text.js';
import type { CallOptions } from '../common/options.js';
import { ModelRun } from './model-run.js';
import { Runs } from './runs.js';
import { lcProvider, plain } from './values.js';

/** What LangChain knows a handler by. */
export const HANDLER_NAME = 'openlayer_tracing';

/** Tells of steps that graphs take for themselves. */
const HIDDEN = 'langsmith:hidden';

type Listener = (...args: unknown[]) => void;

export class LangChainHandler {
  readonly name = HANDLER_NAME;
  // What happens within a request is heard within it.
  readonly awaitHandlers = true;
  readonly raiseError = false;
  readonly ignoreLLM = false;
  readonly ignoreChain = false;
  readonly ignoreAgent = false;
  readonly ignoreRetriever = false;
  readonly ignoreCustomEvent = true;
  readonly #options: CallOptions;
  readonly #runs = new Runs();

  constructor(options: CallOptions) {
    this.#options = options;
  }

  copy(): this {
    return this;
  }

  /** The step of a run that goes on. */
  stepOf(runId: unknown): Step | undefined {
    return this.#runs.stepOf(runId);
  }

  handleChainStart: Listener = guarded(
    (chain, inputs, runId, parentId, tags, _meta, _type, name) => {
      if (list(tags).includes(HIDDEN)) {
        this.#runs.hide(runId, parentId);
        return;
      }
      const kind = kindOf(chain);
      this.#runs.begin(runId, parentId, {
        name: text(name) ?? kind ?? 'chain',
        type: /Graph$/.test(kind ?? '') ? 'agent' : 'chain',
        inputs: this.#content('inputs', plain(inputs)),
      });
    },
  );

  handleChainEnd: Listener = guarded((outputs, runId) => {
    this.#runs.end(runId, { output: this.#content('output', plain(outputs)) });
  });

  handleChainError: Listener = guarded((error, runId) => this.#runs.fail(runId, error));

  handleChatModelStart: Listener = guarded((llm, messages, runId, parentId, extra, _tags, meta) => {
    // One call has one list of messages, and several only where several are asked for.
    const lists = list(messages);
    this.#modelBegins(llm, lists.length === 1 ? lists[0] : lists, runId, parentId, extra, meta);
  });

  handleLLMStart: Listener = guarded((llm, prompts, runId, parentId, extra, _tags, meta) => {
    this.#modelBegins(llm, prompts, runId, parentId, extra, meta);
  });

  handleLLMNewToken: Listener = guarded((token, _index, runId) => {
    this.#runs.modelOf(runId)?.token(text(token) ?? '');
  });

  handleLLMEnd: Listener = guarded((result, runId) => {
    this.#runs.modelOf(runId)?.ended(result);
    this.#runs.forget(runId);
  });

  handleLLMError: Listener = guarded((error, runId) => {
    this.#runs.modelOf(runId)?.failed(error);
    this.#runs.forget(runId);
  });

  handleToolStart: Listener = guarded((tool, input, runId, parentId, _tags, _meta, name) => {
    const called = text(name) ?? kindOf(tool) ?? 'tool';
    const given = typeof input === 'string' ? (parseJson(input) ?? input) : input;
    const inputs = this.#content('inputs', given);
    this.#runs.begin(runId, parentId, {
      name: called,
      type: 'tool',
      inputs,
      functionName: called,
      arguments: inputs,
    });
  });

  handleToolEnd: Listener = guarded((output, runId) => {
    const said = isRecord(output) && 'content' in output ? output.content : output;
    this.#runs.end(runId, { output: this.#content('output', plain(said)) });
  });

  handleToolError: Listener = guarded((error, runId) => this.#runs.fail(runId, error));

  handleRetrieverStart: Listener = guarded((retriever, query, runId, parentId, _t, _meta, name) => {
    this.#runs.begin(runId, parentId, {
      name: text(name) ?? kindOf(retriever) ?? 'retriever',
      type: 'retriever',
      inputs: this.#content('inputs', { query }),
    });
  });

  handleRetrieverEnd: Listener = guarded((documents, runId) => {
    const found = list(documents).map((each) => {
      const { pageContent, metadata, id } = record(each);
      return without({ id, content: pageContent, metadata });
    });
    const recorded = this.#content('output', found);
    this.#runs.end(runId, {
      output: recorded,
      ...(Array.isArray(recorded) && { documents: recorded }),
    } as StepUpdate);
  });

  handleRetrieverError: Listener = guarded((error, runId) => this.#runs.fail(runId, error));

  #modelBegins(
    llm: unknown,
    prompt: unknown,
    runId: unknown,
    parentId: unknown,
    extra: unknown,
    meta: unknown,
  ): void {
    const { invocation_params: params, options } = record(extra);
    const { ls_provider: provider, ls_model_name: lsModel } = record(meta);
    const { model, model_name, modelName, tools = record(options).tools, ...rest } = record(params);
    // Whether it streams is not known yet, whatever is said.
    const parameters = without(rest, 'messages', 'stream');
    const named = text(model) ?? text(model_name) ?? text(modelName) ?? text(lsModel);
    const kind = list(record(llm).id);
    const recorded = this.#runs.begin(runId, parentId, {
      name: 'LangChain Chat Completion',
      type: 'chat_completion',
      inputs: this.#content('inputs', without({ prompt: plain(prompt), tools })),
      // `langchain`, `chat_models`, `openai`, `ChatOpenAI`
      provider: this.#options.provider ?? lcProvider(provider ?? kind.at(-2)),
      model: named,
      ...(Object.keys(parameters).length > 0 && {
        modelParameters: recordedParameters(this.#options, parameters),
      }),
    });
    if (recorded === undefined) return;
    this.#runs.isModel(runId, new ModelRun(recorded, this.#options));
    // Where its client is asked is not told.
    expectExchange(recorded, { model: named, said: lastText(prompt) });
  }

  #content(part: 'inputs' | 'output', content: unknown): unknown {
    return recordedContent(this.#options, part, content);
  }
}

/** `RunnableSequence` of `langchain_core`, `runnables`, `RunnableSequence`. */
function kindOf(serialized: unknown): string | undefined {
  return text(list(record(serialized).id).at(-1));
}

/** A listener that never throws. */
function guarded(listen: Listener): Listener {
  return (...args) => {
    try {
      listen(...args);
    } catch (error) {
      reportFailure('callback', error);
    }
  };
}

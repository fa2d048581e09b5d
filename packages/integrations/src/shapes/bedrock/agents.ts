/** Amazon Bedrock's agents, flows and knowledge bases. */

import type { StepType } from '@openlayer-tracing/core/integration';
import {
  count,
  isRecord,
  type Json,
  known,
  list,
  record,
  text,
  without,
} from '../../common/json.js';
import { Message } from '../reading/message.js';
import { PlainReader } from '../reading/plain-reader.js';
import type { ModelRequest, ModelResponse, ReportedStep, ResponseReader, Shape } from '../shape.js';
import { Base64Text } from './base64-text.js';
import { bedrockTokens } from './converse.js';
import { bareBedrockModel } from './model-id.js';

const AGENT = /\/agents\/([^/]+)\/agentAliases\/([^/]+)\/sessions\/([^/]+)\/text$/;
const INLINE_AGENT = /\/agents\/([^/]+)$/;
const FLOW = /\/flows\/([^/]+)\/aliases\/([^/]+)$/;
const EXECUTION = /\/flows\/([^/]+)\/aliases\/([^/]+)\/executions$/;

/** The parts of a path as parameters. */
function named(url: URL, path: RegExp, ...names: readonly string[]): Json {
  const parts = path.exec(url.pathname)?.slice(1) ?? [];
  return Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(parts[i] ?? '')]));
}

const agent: Shape<'agent'> = {
  operation: 'Agent',
  type: 'agent',
  matches: ({ url }) => AGENT.test(url.pathname),
  describe: ({ url, params }) => ({
    inputs: { input: params.inputText },
    modelParameters: {
      ...named(url, AGENT, 'agentId', 'agentAliasId', 'sessionId'),
      ...without(params, 'inputText'),
    },
  }),
  reader: () => new AgentReader(),
};

const inlineAgent: Shape<'agent'> = {
  operation: 'Inline Agent',
  type: 'agent',
  matches: ({ url, params }) =>
    INLINE_AGENT.test(url.pathname) && params.foundationModel !== undefined,
  describe: ({ url, params }) => {
    const { inputText, instruction, foundationModel, ...others } = params;
    return {
      inputs: { input: inputText, instruction },
      model: modelIn(foundationModel),
      modelParameters: { ...named(url, INLINE_AGENT, 'sessionId'), ...without(others) },
    };
  },
  reader: () => new AgentReader(),
};

const flow: Shape<'chain'> = {
  operation: 'Flow',
  type: 'chain',
  matches: ({ url, params }) => FLOW.test(url.pathname) && Array.isArray(params.inputs),
  describe: describeFlow(FLOW),
  reader: () => new FlowReader(),
};

/** The response has only an ARN: the app fetches the result later. */
const flowExecution: Shape<'chain'> = {
  operation: 'Flow Execution',
  type: 'chain',
  matches: ({ url, params }) => EXECUTION.test(url.pathname) && Array.isArray(params.inputs),
  describe: describeFlow(EXECUTION),
  reader: () => new PlainReader((body) => ({ output: body })),
};

function describeFlow(path: RegExp) {
  return ({ url, params }: ModelRequest) => ({
    inputs: { inputs: params.inputs },
    modelParameters: {
      ...named(url, path, 'flowIdentifier', 'flowAliasIdentifier'),
      ...without(params, 'inputs'),
    },
  });
}

const retrieve: Shape<'retriever'> = {
  operation: 'Retrieve',
  type: 'retriever',
  matches: ({ url, params }) =>
    /\/knowledgebases\/[^/]+\/retrieve$/.test(url.pathname) && params.retrievalQuery !== undefined,
  describe: ({ url, params }) => ({
    inputs: { query: text(record(params.retrievalQuery).text) ?? params.retrievalQuery },
    modelParameters: {
      ...named(url, /\/knowledgebases\/([^/]+)\//, 'knowledgeBaseId'),
      ...without(params, 'retrievalQuery'),
    },
  }),
  reader: () => plain('retrievalResults'),
};

const rerank: Shape<'retriever'> = {
  operation: 'Rerank',
  type: 'retriever',
  matches: ({ url, params }) => url.pathname.endsWith('/rerank') && Array.isArray(params.sources),
  describe: ({ params }) => {
    const { queries, sources, rerankingConfiguration, ...others } = params;
    const { modelConfiguration } = record(
      record(rerankingConfiguration).bedrockRerankingConfiguration,
    );
    return {
      inputs: { queries, sources },
      model: modelIn(record(modelConfiguration).modelArn),
      modelParameters: without({ ...others, rerankingConfiguration }),
    };
  },
  reader: () => plain('results'),
};

const generate: Shape<'chat_completion'> = {
  operation: 'Retrieve And Generate',
  type: 'chat_completion',
  matches: ({ url, params }) =>
    /\/retrieveAndGenerate(Stream)?$/.test(url.pathname) && params.input !== undefined,
  describe: ({ params }) => {
    const { input, retrieveAndGenerateConfiguration: configuration, ...others } = params;
    const { knowledgeBaseConfiguration, externalSourcesConfiguration } = record(configuration);
    const used = record(knowledgeBaseConfiguration ?? externalSourcesConfiguration);
    return {
      inputs: {
        prompt: [{ role: 'user', content: text(record(input).text) ?? input }],
        ...(used.sources !== undefined && { sources: used.sources }),
      },
      model: modelIn(used.modelArn),
      modelParameters: { ...without(others), ...without(used, 'modelArn', 'sources') },
    };
  },
  reader: () => new AgentReader(),
};

const agenticRetrieve: Shape<'retriever'> = {
  operation: 'Agentic Retrieve',
  type: 'retriever',
  matches: ({ url }) => url.pathname.endsWith('/agenticRetrieveStream'),
  describe: ({ params }) => ({
    inputs: { messages: params.messages },
    modelParameters: without(params, 'messages'),
  }),
  reader: () => new AgentReader(),
};

const query: Shape<'chat_completion'> = {
  operation: 'Generate Query',
  type: 'chat_completion',
  matches: ({ url, params }) =>
    url.pathname.endsWith('/generateQuery') && params.queryGenerationInput !== undefined,
  describe: ({ params }) => {
    const { queryGenerationInput: input, ...others } = params;
    return {
      inputs: { prompt: [{ role: 'user', content: text(record(input).text) ?? input }] },
      modelParameters: without(others),
    };
  },
  reader: () => plain('queries'),
};

const optimizedPrompt: Shape<'chat_completion'> = {
  operation: 'Optimize Prompt',
  type: 'chat_completion',
  matches: ({ url, params }) =>
    url.pathname.endsWith('/optimize-prompt') && params.targetModelId !== undefined,
  describe: ({ params }) => {
    const { input, targetModelId, ...others } = params;
    return {
      inputs: { prompt: [{ role: 'user', content: input }] },
      model: modelIn(targetModelId),
      modelParameters: without(others),
    };
  },
  reader: () => new AgentReader(),
};

export const bedrockAgents: readonly Shape[] = [
  agent,
  flow,
  flowExecution,
  retrieve,
  generate,
  rerank,
  agenticRetrieve,
  query,
  optimizedPrompt,
  // Its path matches the paths of the others too.
  inlineAgent,
];

function modelIn(id: unknown): string | undefined {
  return typeof id === 'string' ? bareBedrockModel(id) : undefined;
}

/** Reads a response that is one JSON object, of which one field is the output. */
function plain(field: string): ResponseReader {
  return new PlainReader((body) => {
    const answer = record(body);
    return {
      failure: guardrailFailure(body),
      output: answer[field] ?? body,
      details: answer[field] === undefined ? {} : known(without(answer, field)),
    };
  });
}

function guardrailFailure(body: unknown): unknown {
  return record(body).guardrailAction === 'INTERVENED'
    ? { type: 'guardrail_intervened', message: 'a guardrail intervened' }
    : undefined;
}

const MAX_STEPS = 256;

/** Reads responses of agents and knowledge bases: a text in pieces, its citations, and AWS's trace of the work. */
class AgentReader implements ResponseReader {
  isComplete = false;
  readonly #message = new Message();
  readonly #text = new Base64Text();
  readonly #work = new AgentWork();
  #failure: unknown = undefined;
  #rest: Json = {};
  #sessionId: string | undefined;
  #memoryId: string | undefined;

  get amount(): number {
    return this.#message.amount;
  }

  get failure(): unknown {
    return this.#failure ?? this.#work.failure;
  }

  readHeaders(header: (name: string) => string | undefined): void {
    this.#sessionId =
      header('x-amz-bedrock-agent-session-id') ??
      header('x-amzn-bedrock-knowledge-base-session-id');
    this.#memoryId = header('x-amz-bedrock-agent-memory-id');
  }

  readWhole(body: unknown): void {
    const { output, citations, sessionId, guardrailAction, ...others } = record(body);
    this.#message.text.add(text(record(output).text) ?? '');
    for (const each of list(citations)) this.#message.cite(each);
    this.#sessionId = text(sessionId) ?? this.#sessionId;
    this.#takeGuardrail(guardrailAction);
    this.#takeRest(others);
    this.isComplete = true;
  }

  readEvent({ type, ...event }: Json): boolean {
    const before = this.amount;
    switch (type) {
      case 'chunk': {
        const { bytes, attribution, ...others } = event;
        if (typeof bytes === 'string') this.#message.text.add(this.#text.next(bytes));
        for (const each of list(record(attribution).citations)) this.#message.cite(each);
        this.#takeRest(others);
        break;
      }
      case 'output':
      case 'responseEvent':
        this.#message.text.add(text(event.text) ?? '');
        this.#takeRest(without(event, 'text'));
        break;
      case 'citation': {
        const { citation, ...others } = event;
        // The older and the newer form may repeat each other.
        if (citation !== undefined) this.#message.cite(citation);
        if (Object.keys(others).length > 0) this.#message.cite(others);
        break;
      }
      case 'guardrail':
        this.#takeGuardrail(event.action);
        break;
      case 'trace':
        this.#work.take(event);
        break;
      case 'exception':
        this.#failure = { type: event.exception, message: event.message };
        break;
      default:
        // Files, tools that the caller has to run, results, and unknown events.
        this.#message.addPart({ [String(type)]: event });
    }
    return this.amount > before;
  }

  endOfEvents(): void {}

  response(): ModelResponse {
    return {
      output: this.#message.output,
      metadata: { sessionId: this.#sessionId, memoryId: this.#memoryId },
      details: this.#rest,
      reportedSteps: this.#work.end(),
    };
  }

  #takeGuardrail(action: unknown): void {
    this.#failure ??= guardrailFailure({ guardrailAction: action });
    if (action !== undefined) this.#takeRest({ guardrailAction: action });
  }

  #takeRest(fields: Json): void {
    this.#rest = { ...this.#rest, ...known(fields) };
  }
}

/** Collects the work of an agent from its trace, as steps: calls of models and tools, and lookups. */
class AgentWork {
  failure: unknown = undefined;
  readonly #steps: ReportedStep[] = [];
  /** The inputs of work that has not ended, by the id that both events share. */
  readonly #requests = new Map<string, Json>();

  /** All steps. Work that has not ended is included without an output. */
  end(): readonly ReportedStep[] {
    for (const request of this.#requests.values()) {
      if (request.foundationModel !== undefined) this.#model(request, {}, {});
      else this.#tool(request, {}, {});
    }
    this.#requests.clear();
    return this.#steps;
  }

  take({ trace, ...about }: Json): void {
    for (const [kind, value] of Object.entries(record(trace))) {
      const part = record(value);
      if (kind === 'failureTrace') this.#fail(part);
      else if (kind === 'guardrailTrace') this.#add('Guardrail', 'guardrail', part, about);
      else if (part.traceId !== undefined) this.#add(kind, 'chain', part, about);
      else this.#takePart(part, about);
    }
  }

  #takePart(parts: Json, about: Json): void {
    for (const [part, value] of Object.entries(parts)) {
      const fields = record(value);
      const id = `${fields.traceId} ${part === 'observation' || part === 'invocationInput'}`;
      switch (part) {
        case 'modelInvocationInput':
        case 'invocationInput':
          this.#requests.set(id, fields);
          break;
        case 'modelInvocationOutput':
          this.#model(this.#takeRequest(id), fields, about);
          break;
        case 'observation':
          this.#tool(this.#takeRequest(id), fields, about);
          break;
        case 'rationale':
          this.#add('Rationale', 'chain', fields, about);
          break;
        default:
          if (isRecord(value)) this.#add(part, 'chain', fields, about);
      }
    }
  }

  #takeRequest(id: string): Json {
    const begun = this.#requests.get(id) ?? {};
    this.#requests.delete(id);
    return begun;
  }

  #model(request: Json, response: Json, about: Json): void {
    const { foundationModel, text: prompt, inferenceConfiguration, ...settings } = request;
    const { rawResponse, metadata, traceId, reasoningContent, ...others } = response;
    const { usage, ...measured } = record(metadata);
    const content = record(rawResponse).content ?? rawResponse;
    const parts = known({ reasoningContent, ...others });
    this.#push({
      name: 'Bedrock Chat Completion',
      type: 'chat_completion',
      inputs: { prompt: [{ role: 'user', content: prompt }] },
      output: Object.keys(parts).length > 0 ? { content, ...parts } : content,
      model: modelIn(foundationModel),
      modelParameters: { ...record(inferenceConfiguration), ...without(settings, 'traceId') },
      tokens: isRecord(usage) ? bedrockTokens(usage) : undefined,
      metadata: {
        traceId: traceId ?? request.traceId,
        ...agentFields(about),
        ...factsOf(measured),
      },
      ...timesOf(metadata),
    });
  }

  #tool(request: Json, response: Json, about: Json): void {
    const { traceId, invocationType, ...inputs } = request;
    const { traceId: _, type, ...outputs } = response;
    const kinds = new Set([...Object.keys(inputs), ...Object.keys(outputs)].map(kindOf));
    for (const kind of kinds) {
      const input = record(inputs[`${kind}Input`]);
      const value = record(outputs[`${kind}Output`] ?? outputs[kind]);
      const { metadata, executionError, ...output } = value;
      const [name, stepType] = toolOf(kind, input, output);
      const [only, ...more] = Object.values(output);
      this.#push({
        name,
        type: stepType,
        inputs: input,
        output: more.length > 0 ? output : only,
        error: text(executionError) ? new Error(String(executionError)) : undefined,
        metadata: {
          traceId: response.traceId ?? traceId,
          invocationType,
          observation: text(type),
          ...agentFields(about),
          ...factsOf(record(metadata)),
        },
        ...timesOf(metadata),
      });
    }
  }

  #add(name: string, type: StepType, part: Json, about: Json): void {
    const { traceId, metadata, ...output } = part;
    this.#push({
      name,
      type,
      output: Object.keys(output).length === 1 ? Object.values(output)[0] : output,
      metadata: { traceId, ...agentFields(about), ...factsOf(record(metadata)) },
      ...timesOf(metadata),
    });
  }

  #fail(part: Json): void {
    const { failureReason, failureCode } = part;
    this.#add('Failure', 'chain', part, {});
    this.failure = {
      type: failureCode === undefined ? 'failed' : String(failureCode),
      message: text(failureReason) ?? 'the agent failed',
    };
  }

  #push(step: ReportedStep): void {
    if (this.#steps.length < MAX_STEPS) this.#steps.push(step);
  }
}

/** The kind of work, with which the keys of input and output begin: `knowledgeBaseLookup`. */
function kindOf(key: string): string {
  return key.replace(/(Input|Output)$/, '');
}

/** The name and type of the step for a kind of work. */
function toolOf(kind: string, input: Json, output: Json): [name: string, type: StepType] {
  switch (kind) {
    case 'actionGroupInvocation':
      return [text(input.function) ?? text(input.apiPath) ?? 'Action Group', 'tool'];
    case 'knowledgeBaseLookup':
      return ['Knowledge Base', 'retriever'];
    case 'codeInterpreterInvocation':
      return ['Code Interpreter', 'tool'];
    case 'agentCollaboratorInvocation':
      return [
        text(input.agentCollaboratorName) ?? text(output.agentCollaboratorName) ?? 'Agent',
        'agent',
      ];
    case 'finalResponse':
      return ['Final Response', 'chain'];
    case 'repromptResponse':
      return ['Reprompt', 'chain'];
    default:
      return [kind, 'tool'];
  }
}

/** The fields that identify the agent, if several agents work together. */
function agentFields({ collaboratorName, agentId, agentVersion }: Json): Json {
  return { collaboratorName, agentId, agentVersion };
}

/** The measured values other than start and end. */
function factsOf(measured: Json): Json {
  return known(without(measured, 'startTime', 'endTime'));
}

function timesOf(metadata: unknown): Pick<ReportedStep, 'startTime' | 'endTime'> {
  const { startTime, endTime } = record(metadata);
  const times = { startTime: epochMs(startTime), endTime: epochMs(endTime) };
  return known(times as Json);
}

/** Epoch milliseconds of seconds since the epoch or of a date string; undefined for anything else. */
function epochMs(time: unknown): number | undefined {
  if (typeof time === 'number') return time * 1000;
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** Reads the events of a flow: the outputs of its nodes, and their trace as steps. */
class FlowReader implements ResponseReader {
  isComplete = false;
  readonly hasEndMarker = true;
  failure: unknown = undefined;
  readonly #outputs: Json[] = [];
  readonly #rest: Json[] = [];
  readonly #steps: ReportedStep[] = [];
  readonly #entered = new Map<unknown, Json>();
  #completionReason: string | undefined;
  #executionId: string | undefined;
  #events = 0;

  get amount(): number {
    return this.#events;
  }

  readHeaders(header: (name: string) => string | undefined): void {
    this.#executionId = header('x-amz-bedrock-flow-execution-id');
  }

  readWhole(body: unknown): void {
    if (isRecord(body)) this.#rest.push(body);
    this.isComplete = true;
  }

  readEvent({ type, ...event }: Json): boolean {
    switch (type) {
      case 'flowOutputEvent':
        this.#events++;
        if (this.#outputs.length < MAX_STEPS) this.#outputs.push(event);
        return true;
      case 'flowCompletionEvent':
        this.#completionReason = text(event.completionReason);
        this.isComplete = true;
        return false;
      case 'flowTraceEvent':
        this.#trace(record(event.trace));
        return false;
      case 'exception':
        this.failure = { type: event.exception, message: event.message };
        return false;
      default:
        this.#events++;
        if (this.#rest.length < MAX_STEPS) this.#rest.push({ [String(type)]: event });
        return true;
    }
  }

  endOfEvents(): void {}

  response(): ModelResponse {
    const documents = this.#outputs.map(({ content }) => record(content).document ?? content);
    const [only, ...others] = documents;
    const outputs = others.length > 0 ? this.#outputs : only;
    return {
      output:
        this.#rest.length === 0
          ? outputs
          : { ...(outputs !== undefined && { output: outputs }), events: this.#rest },
      metadata: { finishReason: this.#completionReason, executionId: this.#executionId },
      details: others.length > 0 ? {} : known(without(this.#outputs[0] ?? {}, 'content')),
      reportedSteps: this.#steps,
    };
  }

  #trace(trace: Json): void {
    for (const [kind, value] of Object.entries(trace)) {
      const { nodeName, timestamp, fields, ...others } = record(value);
      if (kind === 'nodeInputTrace') {
        this.#entered.set(nodeName, { timestamp, fields });
        continue;
      }
      const isOutput = kind === 'nodeOutputTrace';
      const entered = isOutput ? record(this.#entered.get(nodeName)) : {};
      if (this.#steps.length >= MAX_STEPS) return;
      const at = known({ startTime: epochMs(entered.timestamp), endTime: epochMs(timestamp) });
      this.#steps.push({
        name: isOutput ? (text(nodeName) ?? 'Node') : `${nodeName ?? 'Node'} ${kind}`,
        type: 'chain',
        inputs: isOutput ? fieldsOf(entered.fields) : undefined,
        output: isOutput ? fieldsOf(fields) : others,
        ...at,
      });
    }
  }
}

/** The fields of a node by name. */
function fieldsOf(fields: unknown): Json {
  return Object.fromEntries(
    list(fields).map((each, i) => {
      const { nodeInputName, nodeOutputName, content } = record(each);
      return [
        text(nodeInputName) ?? text(nodeOutputName) ?? String(count(i)),
        record(content).document ?? content,
      ];
    }),
  );
}

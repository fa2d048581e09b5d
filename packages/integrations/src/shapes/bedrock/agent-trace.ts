import type { StepType } from '@openlayer-tracing/core/integration';
import {
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  presentFields,
  stringOrUndefined,
} from '../../common/json.js';
import type { ReportedStep } from '../reading/shape.js';
import { epochMs, MAX_REPORTED_STEPS } from './agent-runtime.js';
import { bedrockTokens } from './converse.js';
import { bedrockModelIn } from './model-id.js';

/** Collects AWS's trace of an agent as steps: calls of models and tools, and lookups. */
export class AgentTrace {
  failure: unknown = undefined;
  readonly #steps: ReportedStep[] = [];
  /** The inputs of work that has not ended, by the kind of work and the id that both events share. */
  readonly #requests = new Map<string, JsonObject>();

  /** All steps. Work that has not ended is included without an output. */
  get steps(): readonly ReportedStep[] {
    const unfinished = [...this.#requests.values()].flatMap((request) =>
      request.foundationModel === undefined
        ? toolSteps(request, {}, {})
        : [modelStep(request, {}, {})],
    );
    return [...this.#steps, ...unfinished].slice(0, MAX_REPORTED_STEPS);
  }

  read({ trace, ...about }: JsonObject): void {
    for (const [kind, value] of Object.entries(objectOrEmpty(trace))) {
      const part = objectOrEmpty(value);
      if (kind === 'failureTrace') this.#fail(part);
      else if (kind === 'guardrailTrace') this.#add('Guardrail', 'guardrail', part, about);
      else if (part.traceId !== undefined) this.#add(kind, 'chain', part, about);
      else this.#readPart(part, about);
    }
  }

  #readPart(parts: JsonObject, about: JsonObject): void {
    for (const [part, value] of Object.entries(parts)) {
      const fields = objectOrEmpty(value);
      const { traceId } = fields;
      switch (part) {
        case 'modelInvocationInput':
          this.#addRequest(`model ${traceId}`, fields);
          break;
        case 'invocationInput':
          this.#addRequest(`tool ${traceId}`, fields);
          break;
        case 'modelInvocationOutput':
          this.#push(modelStep(this.#takeRequest(`model ${traceId}`), fields, about));
          break;
        case 'observation':
          this.#push(...toolSteps(this.#takeRequest(`tool ${traceId}`), fields, about));
          break;
        case 'rationale':
          this.#add('Rationale', 'chain', fields, about);
          break;
        default:
          if (isJsonObject(value)) this.#add(part, 'chain', fields, about);
      }
    }
  }

  #addRequest(id: string, request: JsonObject): void {
    if (this.#requests.size < MAX_REPORTED_STEPS) this.#requests.set(id, request);
  }

  #takeRequest(id: string): JsonObject {
    const request = this.#requests.get(id) ?? {};
    this.#requests.delete(id);
    return request;
  }

  #add(name: string, type: StepType, part: JsonObject, about: JsonObject): void {
    const { traceId, metadata, ...output } = part;
    this.#push({
      name,
      type,
      output: Object.keys(output).length === 1 ? Object.values(output)[0] : output,
      metadata: { traceId, ...agentFields(about), ...measuredFacts(objectOrEmpty(metadata)) },
      ...timesOf(metadata),
    });
  }

  #fail(part: JsonObject): void {
    const { failureReason, failureCode } = part;
    this.#add('Failure', 'chain', part, {});
    this.failure = {
      type: failureCode === undefined ? 'failed' : String(failureCode),
      message: stringOrUndefined(failureReason) ?? 'the agent failed',
    };
  }

  #push(...steps: readonly ReportedStep[]): void {
    this.#steps.push(...steps.slice(0, MAX_REPORTED_STEPS - this.#steps.length));
  }
}

/** The step for a call of a model. */
function modelStep(request: JsonObject, response: JsonObject, about: JsonObject): ReportedStep {
  const { foundationModel, text: prompt, inferenceConfiguration, ...settings } = request;
  const { rawResponse, metadata, traceId, reasoningContent, ...others } = response;
  const { usage, ...measured } = objectOrEmpty(metadata);
  const content = objectOrEmpty(rawResponse).content ?? rawResponse;
  const parts = presentFields({ reasoningContent, ...others });
  return {
    name: 'Bedrock Chat Completion',
    type: 'chat_completion',
    inputs: { prompt: [{ role: 'user', content: prompt }] },
    output: Object.keys(parts).length > 0 ? { content, ...parts } : content,
    provider: 'bedrock',
    model: bedrockModelIn(foundationModel),
    modelParameters: {
      ...objectOrEmpty(inferenceConfiguration),
      ...fieldsExcept(settings, 'traceId'),
    },
    tokens: isJsonObject(usage) ? bedrockTokens(usage) : undefined,
    metadata: {
      traceId: traceId ?? request.traceId,
      ...agentFields(about),
      ...measuredFacts(measured),
    },
    ...timesOf(metadata),
  };
}

/** The steps for the uses of tools and lookups, one for each kind of work. */
function toolSteps(request: JsonObject, response: JsonObject, about: JsonObject): ReportedStep[] {
  const { traceId, invocationType, ...inputs } = request;
  const { traceId: _, type, ...outputs } = response;
  const kinds = new Set([...Object.keys(inputs), ...Object.keys(outputs)].map(kindOfWork));
  return [...kinds].map((kind) => {
    const input = objectOrEmpty(inputs[`${kind}Input`]);
    const value = objectOrEmpty(outputs[`${kind}Output`] ?? outputs[kind]);
    const { metadata, executionError, ...output } = value;
    const [name, stepType] = toolOf(kind, input, output);
    const [only, ...more] = Object.values(output);
    return {
      name,
      type: stepType,
      inputs: input,
      output: more.length > 0 ? output : only,
      error: stringOrUndefined(executionError) ? new Error(String(executionError)) : undefined,
      metadata: {
        traceId: response.traceId ?? traceId,
        invocationType,
        observation: stringOrUndefined(type),
        ...agentFields(about),
        ...measuredFacts(objectOrEmpty(metadata)),
      },
      ...timesOf(metadata),
    };
  });
}

/** The kind of work, with which the keys of input and output begin: `knowledgeBaseLookup`. */
function kindOfWork(key: string): string {
  return key.replace(/(Input|Output)$/, '');
}

/** The name and type of the step for a kind of work. */
function toolOf(
  kind: string,
  input: JsonObject,
  output: JsonObject,
): [name: string, type: StepType] {
  switch (kind) {
    case 'actionGroupInvocation':
      return [
        stringOrUndefined(input.function) ?? stringOrUndefined(input.apiPath) ?? 'Action Group',
        'tool',
      ];
    case 'knowledgeBaseLookup':
      return ['Knowledge Base', 'retriever'];
    case 'codeInterpreterInvocation':
      return ['Code Interpreter', 'tool'];
    case 'agentCollaboratorInvocation':
      return [
        stringOrUndefined(input.agentCollaboratorName) ??
          stringOrUndefined(output.agentCollaboratorName) ??
          'Agent',
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
function agentFields({ collaboratorName, agentId, agentVersion }: JsonObject): JsonObject {
  return { collaboratorName, agentId, agentVersion };
}

/** The measured values other than start and end. */
function measuredFacts(measured: JsonObject): JsonObject {
  return presentFields(fieldsExcept(measured, 'startTime', 'endTime'));
}

function timesOf(metadata: unknown): Pick<ReportedStep, 'startTime' | 'endTime'> {
  const { startTime, endTime } = objectOrEmpty(metadata);
  const times = { startTime: epochMs(startTime), endTime: epochMs(endTime) };
  return presentFields(times as JsonObject);
}

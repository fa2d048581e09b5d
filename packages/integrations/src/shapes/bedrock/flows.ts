/** Requests to Amazon Bedrock's flows, and their responses. */

import {
  arrayOrEmpty,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  presentFields,
  stringOrUndefined,
} from '../../common/json.js';
import { PlainReader } from '../reading/plain-reader.js';
import type {
  ModelRequest,
  ModelResponse,
  ReportedStep,
  ResponseReader,
  Shape,
} from '../reading/shape.js';
import { epochMs, MAX_REPORTED_STEPS, pathParameters } from './agent-runtime.js';

const FLOW = /\/flows\/([^/]+)\/aliases\/([^/]+)$/;
const EXECUTION = /\/flows\/([^/]+)\/aliases\/([^/]+)\/executions$/;

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

export const bedrockFlows: readonly Shape[] = [flow, flowExecution];

function describeFlow(path: RegExp) {
  return ({ url, params }: ModelRequest) => ({
    inputs: { inputs: params.inputs },
    modelParameters: {
      ...pathParameters(url, path, 'flowIdentifier', 'flowAliasIdentifier'),
      ...fieldsExcept(params, 'inputs'),
    },
  });
}

/** Reads the events of a flow: the outputs of its nodes, and their trace as steps. */
class FlowReader implements ResponseReader {
  isComplete = false;
  readonly hasEndMarker = true;
  failure: unknown = undefined;
  readonly #outputs: JsonObject[] = [];
  readonly #rest: JsonObject[] = [];
  readonly #steps: ReportedStep[] = [];
  /** The latest inputs of nodes, by the names of the nodes. */
  readonly #entered = new Map<unknown, JsonObject>();
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
    if (isJsonObject(body)) this.#rest.push(body);
    this.isComplete = true;
  }

  readEvent({ type, ...event }: JsonObject): boolean {
    switch (type) {
      case 'flowOutputEvent':
        this.#events++;
        if (this.#outputs.length < MAX_REPORTED_STEPS) this.#outputs.push(event);
        return true;
      case 'flowCompletionEvent':
        this.#completionReason = stringOrUndefined(event.completionReason);
        this.isComplete = true;
        return false;
      case 'flowTraceEvent':
        this.#readTrace(objectOrEmpty(event.trace));
        return false;
      case 'exception':
        this.failure = { type: event.exception, message: event.message };
        return false;
      default:
        this.#events++;
        if (this.#rest.length < MAX_REPORTED_STEPS) this.#rest.push({ [String(type)]: event });
        return true;
    }
  }

  endOfEvents(): void {}

  response(): ModelResponse {
    const documents = this.#outputs.map(
      ({ content }) => objectOrEmpty(content).document ?? content,
    );
    const [only, ...others] = documents;
    const outputs = others.length > 0 ? this.#outputs : only;
    return {
      output:
        this.#rest.length === 0
          ? outputs
          : { ...(outputs !== undefined && { output: outputs }), events: this.#rest },
      metadata: { finishReason: this.#completionReason, executionId: this.#executionId },
      details:
        others.length > 0 ? {} : presentFields(fieldsExcept(this.#outputs[0] ?? {}, 'content')),
      reportedSteps: this.#steps,
    };
  }

  #readTrace(trace: JsonObject): void {
    for (const [kind, value] of Object.entries(trace)) {
      const { nodeName, timestamp, fields, ...others } = objectOrEmpty(value);
      if (kind === 'nodeInputTrace') {
        const isKnown = this.#entered.has(nodeName);
        if (isKnown || this.#entered.size < MAX_REPORTED_STEPS) {
          this.#entered.set(nodeName, { timestamp, fields });
        }
        continue;
      }
      const isOutput = kind === 'nodeOutputTrace';
      const entered = isOutput ? objectOrEmpty(this.#entered.get(nodeName)) : {};
      if (this.#steps.length >= MAX_REPORTED_STEPS) return;
      const at = presentFields({
        startTime: epochMs(entered.timestamp),
        endTime: epochMs(timestamp),
      });
      this.#steps.push({
        name: isOutput ? (stringOrUndefined(nodeName) ?? 'Node') : `${nodeName ?? 'Node'} ${kind}`,
        type: 'chain',
        inputs: isOutput ? nodeFields(entered.fields) : undefined,
        output: isOutput ? nodeFields(fields) : others,
        ...at,
      });
    }
  }
}

/** The fields of a node by name. */
function nodeFields(fields: unknown): JsonObject {
  return Object.fromEntries(
    arrayOrEmpty(fields).map((each, i) => {
      const { nodeInputName, nodeOutputName, content } = objectOrEmpty(each);
      return [
        stringOrUndefined(nodeInputName) ?? stringOrUndefined(nodeOutputName) ?? String(i),
        objectOrEmpty(content).document ?? content,
      ];
    }),
  );
}

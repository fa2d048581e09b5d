import {
  arrayOrEmpty,
  fieldsExcept,
  type JsonObject,
  objectOrEmpty,
  presentFields,
  stringOrUndefined,
} from '../../common/json.js';
import { Message } from '../reading/message.js';
import type { ModelResponse, ResponseReader } from '../reading/shape.js';
import { AgentTrace } from './agent-trace.js';
import { Base64Text } from './base64-text.js';

/** Reads a text in pieces, its citations, and AWS's trace of the work. */
export class AgentReader implements ResponseReader {
  isComplete = false;
  readonly #message = new Message();
  readonly #text = new Base64Text();
  readonly #trace = new AgentTrace();
  #failure: unknown = undefined;
  #unknown: JsonObject = {};
  #sessionId: string | undefined;
  #memoryId: string | undefined;

  get amount(): number {
    return this.#message.amount;
  }

  get failure(): unknown {
    return this.#failure ?? this.#trace.failure;
  }

  readHeaders(header: (name: string) => string | undefined): void {
    this.#sessionId =
      header('x-amz-bedrock-agent-session-id') ??
      header('x-amzn-bedrock-knowledge-base-session-id');
    this.#memoryId = header('x-amz-bedrock-agent-memory-id');
  }

  readWhole(body: unknown): void {
    const { output, citations, sessionId, guardrailAction, ...unknown } = objectOrEmpty(body);
    this.#message.text.add(stringOrUndefined(objectOrEmpty(output).text) ?? '');
    for (const each of arrayOrEmpty(citations)) this.#message.cite(each);
    this.#sessionId = stringOrUndefined(sessionId) ?? this.#sessionId;
    this.#readGuardrail(guardrailAction);
    this.#addUnknown(unknown);
    this.isComplete = true;
  }

  readEvent({ type, ...event }: JsonObject): boolean {
    const before = this.amount;
    switch (type) {
      case 'chunk': {
        const { bytes, attribution, ...unknown } = event;
        if (typeof bytes === 'string') this.#message.text.add(this.#text.next(bytes));
        for (const each of arrayOrEmpty(objectOrEmpty(attribution).citations))
          this.#message.cite(each);
        this.#addUnknown(unknown);
        break;
      }
      case 'output':
      case 'responseEvent':
        this.#message.text.add(stringOrUndefined(event.text) ?? '');
        this.#addUnknown(fieldsExcept(event, 'text'));
        break;
      case 'citation': {
        const { citation, ...unknown } = event;
        // The older and the newer form may repeat each other.
        if (citation !== undefined) this.#message.cite(citation);
        if (Object.keys(unknown).length > 0) this.#message.cite(unknown);
        break;
      }
      case 'guardrail':
        this.#readGuardrail(event.action);
        break;
      case 'trace':
        this.#trace.read(event);
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
      details: this.#unknown,
      reportedSteps: this.#trace.steps,
    };
  }

  #readGuardrail(action: unknown): void {
    this.#failure ??= guardrailFailure({ guardrailAction: action });
    if (action !== undefined) this.#addUnknown({ guardrailAction: action });
  }

  #addUnknown(fields: JsonObject): void {
    this.#unknown = { ...this.#unknown, ...presentFields(fields) };
  }
}

/** The failure of a response in which a guardrail intervened. */
export function guardrailFailure(body: unknown): unknown {
  return objectOrEmpty(body).guardrailAction === 'INTERVENED'
    ? { type: 'guardrail_intervened', message: 'a guardrail intervened' }
    : undefined;
}

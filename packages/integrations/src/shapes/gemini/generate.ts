/** Google's `:generateContent` and `:streamGenerateContent`, of the Gemini API and of Vertex AI. */

import { type Billing, percentDecoded } from '@openlayer-tracing/core/integration';
import {
  arrayOrEmpty,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  knownFirst,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { wordSet } from '../../common/words.js';
import { mergeUsage } from '../reading/merge-usage.js';
import { Message } from '../reading/message.js';
import { NumberedAnswers } from '../reading/numbered-answers.js';
import type {
  Description,
  ModelRequest,
  ModelResponse,
  ResponseReader,
  Shape,
} from '../reading/shape.js';
import { UnknownFields } from '../reading/unknown-fields.js';
import { geminiMessage, Parts } from './parts.js';
import { geminiBilling, geminiTokens, geminiToolUses, unknownGeminiUsage } from './usage.js';

const GENERATE = /:(streamGenerateContent|generateContent)$/;

export const geminiGenerate: Shape<'chat_completion'> = {
  operation: 'Chat Completion',
  type: 'chat_completion',
  matches: ({ url }) => GENERATE.test(url.pathname),
  describe: describeContents,
  reader: ({ url }) => new GeminiReader(url),
};

/**
 * The model in a path, which stands before the verb: `models/<id>`, `publishers/<name>/models/<id>`, `tunedModels/<id>` or
 * `endpoints/<id>`. Undefined if there is none.
 */
export function modelIn({ pathname }: URL): string | undefined {
  const [, kind, id] = /\/([^/]+)\/([^/:]+):\w+$/.exec(pathname) ?? [];
  if (kind === undefined || id === undefined) return undefined;
  return kind === 'models' ? percentDecoded(id) : `${kind}/${percentDecoded(id)}`;
}

function describeContents({ url, params }: ModelRequest): Description {
  const { contents, tools, generationConfig, generation_config, ...others } = params;
  const system = others.systemInstruction ?? others.system_instruction;
  const systemMessages = system === undefined ? [] : [{ role: 'system', ...geminiMessage(system) }];
  const contentsArray =
    Array.isArray(contents) || contents === undefined ? arrayOrEmpty(contents) : [contents];
  const messages = contentsArray.map((each) => ({
    role: objectOrEmpty(each).role ?? 'user',
    ...geminiMessage(each),
  }));
  return {
    inputs: { prompt: [...systemMessages, ...messages], ...(tools !== undefined && { tools }) },
    model: modelIn(url),
    modelParameters: {
      ...objectOrEmpty(generationConfig ?? generation_config),
      ...fieldsExcept(others, 'model', 'systemInstruction', 'system_instruction'),
    },
  };
}

/** Finish reasons of answers that are complete or reached a limit. */
const PLAIN_ENDS = ['STOP', 'MAX_TOKENS', 'CONTINUATION', 'FINISH_REASON_UNSPECIFIED'];
const KNOWN = wordSet('candidates usageMetadata modelVersion responseId error');
const KNOWN_OF_CANDIDATE = wordSet('content finishReason index');
const MAX_CANDIDATES = 16;

/** One of several answers to a prompt. */
class Candidate {
  readonly message = new Message();
  readonly #parts = new Parts(this.message);
  readonly #unknown = new UnknownFields();

  read(candidate: JsonObject): void {
    for (const part of arrayOrEmpty(objectOrEmpty(candidate.content).parts))
      this.#parts.read(objectOrEmpty(part));
    this.message.setFinishReason(stringOrUndefined(candidate.finishReason));
    this.#unknown.add(candidate, KNOWN_OF_CANDIDATE);
    if (this.message.finishReason !== undefined) this.#parts.end();
  }

  get output(): unknown {
    return this.#parts.messageSoFar.output;
  }

  /** How much has been received, with a call whose arguments are not complete. */
  get amount(): number {
    return this.message.amount + (this.#parts.hasOpenCall ? 1 : 0);
  }

  /** The failure of a candidate that has no answer; undefined if it has one. */
  get failure(): unknown {
    const { finishReason } = this.message;
    if (finishReason === undefined || PLAIN_ENDS.includes(finishReason)) return undefined;
    if (this.output !== undefined) return undefined;
    // The message contains the malformed call, which is content.
    const reason = /MALFORMED|TOOL_CALL/.test(finishReason) ? undefined : this.facts.finishMessage;
    return {
      type: finishReason,
      message: stringOrUndefined(reason) ?? `the model stopped without an answer: ${finishReason}`,
    };
  }

  get facts(): JsonObject {
    const { signatures } = this.#parts;
    return knownFirst(
      signatures.length > 0 ? { thoughtSignatures: signatures } : {},
      this.#unknown.fields,
    );
  }
}

class GeminiReader implements ResponseReader {
  readonly hasEndMarker = true;
  readonly #url: URL;
  readonly #candidates = new NumberedAnswers(MAX_CANDIDATES, () => new Candidate());
  readonly #unknown = new UnknownFields();
  #model: string | undefined;
  #id: string | undefined;
  #usage: JsonObject | undefined;
  #error: unknown;
  #isWhole = false;

  constructor(url: URL) {
    this.#url = url;
  }

  /** Google's client stops reading at an error. */
  get isOver(): boolean {
    return this.#error !== undefined;
  }

  get isComplete(): boolean {
    if (this.#isWhole) return true;
    return this.#candidates.size === 0
      ? this.#blocked !== undefined
      : this.#candidates.inOrder.every(({ message }) => message.finishReason !== undefined);
  }

  get failure(): unknown {
    if (this.#error !== undefined) return this.#error;
    if (this.#candidates.size === 0) return this.#blocked;
    const failures = this.#candidates.inOrder.map((each) => each.failure);
    return failures.includes(undefined) ? undefined : failures[0];
  }

  get amount(): number {
    return this.#candidates.sumOf((candidate) => candidate.amount);
  }

  /** A stream that was not requested as events is one array of its chunks. */
  readWhole(body: unknown): void {
    for (const chunk of Array.isArray(body) ? body : [body]) this.readEvent(objectOrEmpty(chunk));
    this.#isWhole = true;
  }

  readEvent(chunk: JsonObject): boolean {
    if (chunk.error !== undefined && chunk.error !== null) this.#error = chunk.error;
    this.#model = stringOrUndefined(chunk.modelVersion) ?? this.#model;
    this.#id = stringOrUndefined(chunk.responseId) ?? this.#id;
    if (isJsonObject(chunk.usageMetadata))
      this.#usage = mergeUsage(this.#usage, chunk.usageMetadata);
    this.#unknown.add(chunk, KNOWN);
    const before = this.#received;
    for (const [i, each] of arrayOrEmpty(chunk.candidates).entries()) {
      const candidate = objectOrEmpty(each);
      this.#candidates.ensure(candidate.index ?? i)?.read(candidate);
    }
    return this.#received > before;
  }

  endOfEvents(): void {}

  response(): ModelResponse {
    const [first] = this.#candidates.inOrder;
    const tokens = geminiTokens(this.#usage);
    const reasoning = first?.message.reasoning;
    const { safetyRatings, ...facts } = this.#facts;
    return {
      model: this.#model,
      output: this.#candidates.outputOf(({ output }) => output),
      reasoning: reasoning?.textOrUndefined,
      tokens,
      billing: { ...geminiBilling(this.#url, this.#usage), ...this.#toolUses() },
      metadata: {
        responseId: this.#id,
        finishReason: first?.message.finishReason,
        ...(safetyRatings !== undefined && { safetyRatings }),
        reasoningTokens: tokens?.reasoning,
        usageMetadata: unknownGeminiUsage(this.#usage),
      },
      details: facts,
    };
  }

  /** The amount without calls whose arguments are not complete. */
  get #received(): number {
    return this.#candidates.sumOf(({ message }) => message.amount);
  }

  /** The other fields of the response; of several candidates, one by one. */
  get #facts(): JsonObject {
    const [first, ...others] = this.#candidates.inOrder;
    if (others.length === 0) return knownFirst(first?.facts, this.#unknown.fields);
    const candidates = this.#candidates.inOrder.map(({ message, facts }) => ({
      ...(message.finishReason !== undefined && { finishReason: message.finishReason }),
      ...(message.reasoning.chars > 0 && { reasoning: message.reasoning.toString() }),
      ...facts,
    }));
    return knownFirst({ candidates }, this.#unknown.fields);
  }

  /** The searches and pages that Google bills in addition to the tokens. */
  #toolUses(): Billing {
    return geminiToolUses(
      this.#candidates.inOrder.map(({ facts, message }) => ({
        facts,
        executions: message.others.filter((part) => objectOrEmpty(part).executableCode).length,
      })),
    );
  }

  get #blocked(): unknown {
    const { promptFeedback } = this.#unknown.fields;
    const { blockReason, blockReasonMessage } = objectOrEmpty(promptFeedback);
    if (blockReason === undefined) return undefined;
    return {
      type: blockReason,
      message: stringOrUndefined(blockReasonMessage) ?? `the prompt was blocked: ${blockReason}`,
    };
  }
}

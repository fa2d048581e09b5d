/** Amazon Bedrock's `Converse` and `ConverseStream`. Amazon's own models take requests of the same form by `InvokeModel`. */

import type { Billing, TokenCounts } from '@openlayer-tracing/core/integration';
import { encryptedPlaceholder } from '../../common/content/media.js';
import {
  arrayOrEmpty,
  countOrUndefined,
  definedFields,
  fieldsExcept,
  fieldsNamed,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  presentFields,
  stringOrUndefined,
} from '../../common/json.js';
import { wordArray } from '../../common/words.js';
import { Message } from '../reading/message.js';
import type {
  Description,
  ModelRequest,
  ModelResponse,
  ResponseReader,
  Shape,
} from '../reading/shape.js';
import { bareBedrockModel, bedrockModel, bedrockRegion } from './model-id.js';

export const bedrockConverse: Shape<'chat_completion'> = {
  operation: 'Chat Completion',
  type: 'chat_completion',
  // A request with a stored prompt has no messages.
  matches: ({ url }) => /\/model\/[^/]+\/converse(-stream)?$/.test(url.pathname),
  describe: describeConverse,
  reader: ({ url }) => new ConverseReader(bedrockRegion(url)),
};

export function describeConverse({ url, params }: ModelRequest): Description {
  const { messages, system, inferenceConfig, toolConfig, promptVariables, ...others } = params;
  const { tools, toolChoice, ...toolRest } = objectOrEmpty(toolConfig);
  const systemMessages =
    system === undefined ? [] : [{ role: 'system', content: textOrParts(system) }];
  const otherMessages = arrayOrEmpty(messages).map((each) => {
    const { role, content, ...rest } = objectOrEmpty(each);
    return { role, content: textOrParts(content), ...rest };
  });
  const prompt = [...systemMessages, ...otherMessages];
  return {
    inputs: {
      ...((prompt.length > 0 || promptVariables === undefined) && { prompt }),
      ...(tools !== undefined && { tools }),
      ...(promptVariables !== undefined && { promptVariables }),
    },
    model: bedrockModel(url),
    modelParameters: {
      ...objectOrEmpty(inferenceConfig),
      ...definedFields({ ...others, ...toolRest, toolChoice }),
    },
  };
}

/** One string if all parts are texts, else the parts. */
function textOrParts(parts: unknown): unknown {
  const texts = arrayOrEmpty(parts).map((part) => stringOrUndefined(objectOrEmpty(part).text));
  return texts.every((each) => each !== undefined) ? texts.join('') : parts;
}

/** Fields of a response that have a field of their own in the step. */
const KNOWN = ['output', 'stopReason', 'usage', 'role', 'type'];
/** Fields that cannot have content. */
const WITHOUT_CONTENT = ['metrics', 'performanceConfig'];
const KNOWN_OF_USAGE = wordArray(`
  inputTokens outputTokens totalTokens cacheReadInputTokens cacheReadInputTokenCount
  cacheWriteInputTokens cacheWriteInputTokenCount cacheDetails
`);

export class ConverseReader implements ResponseReader {
  isComplete = false;
  readonly hasEndMarker = true;
  readonly #message = new Message();
  readonly #region: string | undefined;
  #failure: unknown = undefined;
  #tokens: TokenCounts | undefined;
  #unknownUsage: JsonObject = {};
  #unknown: JsonObject = {};
  #signatureChars = 0;

  constructor(region?: string) {
    this.#region = region;
  }

  get amount(): number {
    return this.#message.amount;
  }

  get isOver(): boolean {
    return this.isComplete;
  }

  get failure(): unknown {
    return this.#failure ?? failureBy(this.#message.finishReason, this.#guardrail.actionReason);
  }

  readWhole(body: unknown): void {
    const response = objectOrEmpty(body);
    const { message, ...unknown } = objectOrEmpty(response.output);
    for (const part of arrayOrEmpty(objectOrEmpty(message).content))
      this.#readPart(objectOrEmpty(part));
    this.#addUnknown({ ...fieldsExcept(response, ...KNOWN), ...unknown });
    this.#addUnknown(fieldsExcept(objectOrEmpty(message), 'content', 'role'));
    this.#message.setFinishReason(stringOrUndefined(response.stopReason));
    this.#readUsage(response.usage);
    this.isComplete = true;
  }

  /** An event has its type in a field, or as the key of its only value. */
  readEvent(event: JsonObject): boolean {
    const [key = ''] = Object.keys(event);
    const type = stringOrUndefined(event.type) ?? key;
    const fields =
      event.type === undefined ? objectOrEmpty(event[key]) : fieldsExcept(event, 'type', 'p');
    const before = this.#message.amount;
    switch (type) {
      case 'messageStart':
        this.#addUnknown(fieldsExcept(fields, 'role'));
        break;
      case 'contentBlockStart':
        this.#startBlock(fields);
        break;
      case 'contentBlockDelta':
        this.#add(fields);
        break;
      case 'contentBlockStop':
        break;
      case 'messageStop':
        this.#message.setFinishReason(stringOrUndefined(fields.stopReason));
        this.#addUnknown(fieldsExcept(fields, 'stopReason'));
        break;
      case 'metadata':
        this.#readUsage(fields.usage);
        this.#addUnknown(fieldsExcept(fields, 'usage'));
        this.isComplete = true;
        break;
      case 'exception':
        this.#failure = { type: fields.exception, message: fields.message };
        break;
      default:
        if (/exception$/i.test(type)) this.#failure = { type, message: fields.message };
        else this.#readUnknownEvent(type, fields);
    }
    return this.#message.amount > before;
  }

  endOfEvents(): void {}

  response(): ModelResponse {
    const { output, reasoning, finishReason } = this.#message;
    const router = objectOrEmpty(objectOrEmpty(this.#unknown.trace).promptRouter);
    const invoked = stringOrUndefined(router.invokedModelId);
    return {
      model: invoked === undefined ? undefined : bareBedrockModel(invoked),
      output,
      reasoning: reasoning.textOrUndefined,
      tokens: this.#tokens,
      billing: this.#billing(),
      metadata: {
        finishReason,
        usage: Object.keys(this.#unknownUsage).length > 0 ? this.#unknownUsage : undefined,
        thinkingSignature:
          this.#signatureChars > 0 ? encryptedPlaceholder(this.#signatureChars) : undefined,
        ...fieldsNamed(this.#unknown, WITHOUT_CONTENT),
      },
      details: fieldsExcept(this.#unknown, ...WITHOUT_CONTENT, 'serviceTier'),
    };
  }

  get #guardrail(): JsonObject {
    return objectOrEmpty(objectOrEmpty(this.#unknown.trace).guardrail);
  }

  #billing(): Billing {
    const latency = stringOrUndefined(objectOrEmpty(this.#unknown.performanceConfig).latency);
    return {
      serviceTier: stringOrUndefined(objectOrEmpty(this.#unknown.serviceTier).type),
      speed: latency === 'standard' ? undefined : latency,
      // A refused request is not billed.
      region: this.#tokens === undefined && this.amount === 0 ? undefined : this.#region,
    };
  }

  #addUnknown(fields: JsonObject): void {
    this.#unknown = { ...this.#unknown, ...presentFields(fields) };
  }

  #readUnknownEvent(type: string, fields: JsonObject): void {
    const isNew = !this.#message.hasPart(type);
    this.#message.ensurePart(type)?.add(isNew ? { type, ...fields } : fields);
  }

  #readPart(part: JsonObject): void {
    const { text: partText, toolUse, reasoningContent, citationsContent, ...unknown } = part;
    const message = this.#message;
    if (typeof partText === 'string') message.text.add(partText);
    if (isJsonObject(toolUse)) {
      const { toolUseId, name, input } = toolUse;
      message.addTool(
        stringOrUndefined(toolUseId),
        stringOrUndefined(name),
        input,
        moreOfTool(toolUse),
      );
    }
    if (isJsonObject(reasoningContent)) this.#readReasoning(reasoningContent);
    if (isJsonObject(citationsContent)) {
      const { content, citations, ...unknown } = citationsContent;
      for (const each of arrayOrEmpty(content))
        message.text.add(stringOrUndefined(objectOrEmpty(each).text) ?? '');
      for (const each of arrayOrEmpty(citations)) message.cite(each);
      const present = presentFields(unknown);
      if (Object.keys(present).length > 0) message.addPart({ citationsContent: present });
    }
    const present = presentFields(unknown);
    if (Object.keys(present).length > 0) message.addPart(present);
  }

  #readReasoning(content: JsonObject): void {
    const { reasoningText, text: piece, signature, redactedContent, ...unknown } = content;
    const { text: whole, signature: signed, ...unknownOfText } = objectOrEmpty(reasoningText);
    this.#message.reasoning.add(stringOrUndefined(whole) ?? stringOrUndefined(piece) ?? '');
    this.#signatureChars += stringOrUndefined(signed ?? signature)?.length ?? 0;
    if (redactedContent !== undefined) {
      const redacted = stringOrUndefined(redactedContent);
      this.#message.addPart({
        reasoningContent: {
          redactedContent: redacted === undefined ? '[encrypted]' : encryptedPlaceholder(redacted),
        },
      });
    }
    const present = presentFields({ ...unknown, ...unknownOfText });
    if (Object.keys(present).length > 0) this.#message.addPart({ reasoningContent: present });
  }

  #startBlock({ contentBlockIndex, start }: JsonObject): void {
    const { toolUse, ...unknown } = objectOrEmpty(start);
    const place = countOrUndefined(contentBlockIndex) ?? 0;
    const present = presentFields(unknown);
    if (Object.keys(present).length > 0) this.#message.ensurePart(place)?.add(present);
    if (!isJsonObject(toolUse)) return;
    const tool = this.#message.ensureTool(place);
    if (tool === undefined) return;
    tool.startWith(
      stringOrUndefined(toolUse.toolUseId),
      stringOrUndefined(toolUse.name),
      moreOfTool(toolUse),
    );
  }

  #add({ contentBlockIndex, delta }: JsonObject): void {
    const {
      text: deltaText,
      toolUse,
      reasoningContent,
      citation,
      ...unknown
    } = objectOrEmpty(delta);
    const place = countOrUndefined(contentBlockIndex) ?? 0;
    this.#message.text.add(stringOrUndefined(deltaText) ?? '');
    if (isJsonObject(reasoningContent)) this.#readReasoning(reasoningContent);
    if (isJsonObject(toolUse)) {
      const tool = this.#message.ensureTool(place);
      tool?.arguments.add(stringOrUndefined(toolUse.input) ?? '');
    }
    if (citation !== undefined) this.#message.cite(citation);
    for (const [key, value] of Object.entries(presentFields(unknown))) {
      // A block that started as an object continues with an array of its content.
      const piece = Array.isArray(value) ? { content: value } : value;
      this.#message.ensurePart(place)?.add({ [key]: piece });
    }
  }

  #readUsage(usage: unknown): void {
    if (!isJsonObject(usage)) return;
    this.#tokens = bedrockTokens(usage);
    this.#unknownUsage = presentFields(fieldsExcept(usage, ...KNOWN_OF_USAGE));
  }
}

/** The counts of a usage. Like Anthropic, Amazon counts tokens read from and written to a cache in addition to the input. */
export function bedrockTokens(usage: JsonObject): TokenCounts {
  const input = countOrUndefined(usage.inputTokens) ?? countOrUndefined(usage.inputTokenCount);
  const output = countOrUndefined(usage.outputTokens) ?? countOrUndefined(usage.outputTokenCount);
  const cached =
    countOrUndefined(usage.cacheReadInputTokens) ??
    countOrUndefined(usage.cacheReadInputTokenCount);
  const cacheCreation =
    countOrUndefined(usage.cacheWriteInputTokens) ??
    countOrUndefined(usage.cacheWriteInputTokenCount);
  const forAnHour = arrayOrEmpty(usage.cacheDetails)
    .map(objectOrEmpty)
    .filter(({ ttl }) => ttl === '1h')
    .map(({ inputTokens }) => countOrUndefined(inputTokens) ?? 0);
  const prompt = input === undefined ? undefined : input + (cached ?? 0) + (cacheCreation ?? 0);
  const total = countOrUndefined(usage.totalTokens);
  const isMore = total !== undefined && total > (prompt ?? 0) + (output ?? 0);
  return {
    input: prompt,
    output,
    total: isMore ? total : undefined,
    cached,
    cacheCreation,
    cacheCreationHour:
      forAnHour.length > 0 ? forAnHour.reduce((all, each) => all + each) : undefined,
  };
}

/** The failure that a stop reason means; undefined if there is none. A response whose parts a guardrail masked has not failed. */
export function failureBy(reason: string | undefined, action: unknown): unknown {
  if (reason === 'guardrail_intervened') {
    const message = stringOrUndefined(action) ?? 'a guardrail intervened';
    return /mask/i.test(message) ? undefined : { type: reason, message };
  }
  if (reason?.startsWith('malformed_') !== true) return undefined;
  return { type: reason, message: `the model failed: ${reason.replaceAll('_', ' ')}` };
}

/** The fields of a call other than its name and input: `{ type: 'server_tool_use' }`. */
function moreOfTool(toolUse: JsonObject): JsonObject {
  return presentFields(fieldsExcept(toolUse, 'toolUseId', 'name', 'input'));
}

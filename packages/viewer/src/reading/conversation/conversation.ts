/**
 * Reads the messages to and from a model from the inputs and the output of a step, in the forms of all providers. Parts of an
 * unknown form are kept as JSON.
 */

import { isRecord, type Json } from '../../json.js';
import { type Media, mediaOf, namedMedia } from '../media.js';

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reasoning'; readonly text: string }
  | { readonly kind: 'refusal'; readonly text: string }
  | { readonly kind: 'media'; readonly media: Media }
  | ToolCall
  | ToolResult
  | { readonly kind: 'unknown'; readonly value: unknown };

export interface ToolCall {
  readonly kind: 'call';
  readonly id: string | undefined;
  readonly name: string;
  readonly arguments: unknown;
  /** The result of the tool, if a later message has it. */
  result?: ToolResult;
}

/** The result of a tool, shown by itself if its call is unknown. */
export interface ToolResult {
  readonly kind: 'result';
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly isError: boolean;
  /** The result in parts, if its form is known, such as a text or a picture. */
  readonly parts: readonly Part[];
}

export interface Message {
  /** `system`, `developer`, `user`, `assistant`, `tool`, or as the provider calls it. */
  readonly role: string;
  /** The name of the speaker, if the message has one. */
  readonly name: string | undefined;
  readonly side: 'input' | 'output';
  readonly parts: readonly Part[];
}

/** The contents of a step that are read. */
export interface StepContents {
  readonly inputs: unknown;
  readonly output: unknown;
}

/** The messages in order, with results joined to their calls. */
export function readConversation({ inputs, output }: StepContents): readonly Message[] {
  const messages = [...readInputs(inputs), ...readOutput(output)];
  return joined(messages);
}

/** Whether a step is shown as a conversation: it has messages, or it is a model call. */
export function hasConversation({ inputs, output }: StepContents, type: string): boolean {
  if (messagesIn(inputs) !== undefined) return true;
  if (isMessageList(output) || (isRecord(output) && isMessage(output))) return true;
  if (type === 'chat_completion') return readInputs(inputs).length + readOutput(output).length > 0;
  return type === 'user_call' && questionIn(inputs) !== undefined;
}

/* Inputs. */

const SYSTEM_FIELDS = [
  'system',
  'instructions',
  'systemInstruction',
  'system_instruction',
  'preamble',
];
const LIST_FIELDS = ['prompt', 'messages', 'input', 'contents', 'chat_history', 'history'];
/** Fields in which apps receive a user's question. */
const QUESTION_FIELDS = ['question', 'message', 'prompt', 'query', 'input', 'text', 'q'];

function readInputs(inputs: unknown): Message[] {
  if (typeof inputs === 'string') return inputs === '' ? [] : [said('user', inputs, 'input')];
  if (isMessageList(inputs)) return inputs.flatMap((each) => readMessage(each, 'input'));
  if (!isRecord(inputs)) return [];
  const found = messagesIn(inputs);
  const source = found?.source ?? inputs;
  const messages: Message[] = [];
  const used = new Set<string>();
  for (const field of SYSTEM_FIELDS) {
    if (source[field] === undefined || source[field] === null) continue;
    used.add(field);
    addAll(messages, withParts('system', undefined, 'input', contentParts(source[field])));
  }
  if (found !== undefined) {
    used.add(found.field);
    addAll(
      messages,
      found.messages.flatMap((each) => readMessage(each, 'input')),
    );
  }
  // A history has what was said before; the question has a field of its own.
  const isHistory = found?.field === 'chat_history' || found?.field === 'history';
  if (found === undefined || isHistory) {
    const question = questionIn(inputs);
    if (question !== undefined) {
      if (question.source === source) used.add(question.field);
      messages.push(said('user', question.text, 'input'));
    } else if (found === undefined) {
      const field = LIST_FIELDS.find((name) => source[name] !== undefined && source[name] !== null);
      if (field !== undefined) {
        used.add(field);
        addAll(messages, withParts('user', undefined, 'input', contentParts(source[field])));
      }
    }
  }
  const others = without(source, used);
  const hasOthers = Object.keys(others).length > 0;
  const hasOwnQuestion = source === inputs && questionIn(inputs)?.source === inputs;
  if (messages.length > 0 && hasOthers && (found !== undefined || hasOwnQuestion)) {
    messages.push({
      role: 'other inputs',
      name: undefined,
      side: 'input',
      parts: [{ kind: 'unknown', value: others }],
    });
  }
  return messages;
}

interface FoundMessages {
  readonly source: Json;
  readonly field: string;
  readonly messages: readonly unknown[];
}

function messagesIn(inputs: unknown): FoundMessages | undefined {
  if (isMessageList(inputs)) return { source: {}, field: '', messages: inputs };
  if (!isRecord(inputs)) return undefined;
  for (const source of [inputs, inputs.body]) {
    if (!isRecord(source)) continue;
    for (const field of LIST_FIELDS) {
      const list = source[field];
      if (isMessageList(list)) return { source, field, messages: list };
    }
  }
  // LangChain gives one list for each prompt.
  const { messages } = inputs;
  if (Array.isArray(messages) && messages.length === 1 && isMessageList(messages[0])) {
    return { source: inputs, field: 'messages', messages: messages[0] };
  }
  return undefined;
}

function questionIn(
  inputs: unknown,
): { readonly source: Json; readonly field: string; readonly text: string } | undefined {
  if (!isRecord(inputs)) return undefined;
  for (const source of [inputs, inputs.body, inputs.query]) {
    if (!isRecord(source)) continue;
    const field = QUESTION_FIELDS.find((name) => typeof source[name] === 'string');
    const text = field === undefined ? undefined : source[field];
    if (field !== undefined && typeof text === 'string' && text !== '')
      return { source, field, text };
  }
  const { body } = inputs;
  return typeof body === 'string' && body !== ''
    ? { source: inputs, field: 'body', text: body }
    : undefined;
}

function isMessageList(value: unknown): value is readonly [unknown, ...(readonly unknown[])] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.some((each) => isRecord(each) && isMessage(each))
  );
}

const ITEM_TYPES =
  /^(message|function_call|function_call_output|reasoning|\w+_call|\w+_call_output|human|ai|system|tool|HumanMessage|AIMessage|SystemMessage|ToolMessage)$/;

function isMessage(value: Json): boolean {
  if (typeof value.role === 'string') return true;
  if (Array.isArray(value.parts) && value.parts.some((part) => isRecord(part))) return true;
  if (isLangChain(value)) return true;
  return typeof value.type === 'string' && ITEM_TYPES.test(value.type);
}

/* Output. */

/** Responses nested more deeply than any provider sends them are not unwrapped. */
const MAX_DEPTH = 6;

function readOutput(output: unknown, depth = 0): Message[] {
  if (output === null || output === undefined || output === '') return [];
  if (typeof output === 'string') return [said('assistant', output, 'output')];
  if (isMessageList(output))
    return output.flatMap((each) => readMessage(each, 'output', 'assistant'));
  if (Array.isArray(output)) {
    if (depth >= MAX_DEPTH) return [unknownMessage('assistant', 'output', output)];
    if (output.every((each) => isRecord(each) && isPart(each))) {
      return withParts('assistant', undefined, 'output', contentParts(output));
    }
    // Several answers to one request.
    return output.flatMap((each, place) => {
      const [first, ...rest] = readOutput(each, depth + 1);
      const name = `answer ${place + 1} of ${output.length}`;
      return first === undefined ? [] : [{ ...first, name: first.name ?? name }, ...rest];
    });
  }
  if (!isRecord(output)) return [unknownMessage('assistant', 'output', output)];
  const inner = innerAnswer(output);
  if (inner !== undefined && depth < MAX_DEPTH) return readOutput(inner, depth + 1);
  return readMessage(output, 'output', 'assistant');
}

/** The answer within a provider's whole response. */
function innerAnswer(output: Json): unknown {
  if (Array.isArray(output.choices)) {
    return alone(
      output.choices.map((choice) =>
        isRecord(choice) ? (choice.message ?? choice.text ?? choice) : choice,
      ),
    );
  }
  if (Array.isArray(output.candidates)) {
    return alone(output.candidates.map((each) => (isRecord(each) ? (each.content ?? each) : each)));
  }
  if (Array.isArray(output.generations))
    return alone(
      output.generations
        .flat()
        .map((each) => (isRecord(each) ? (each.message ?? each.text ?? each) : each)),
    );
  if (Array.isArray(output.output) && isMessageList(output.output)) return output.output;
  if (isRecord(output.output) && isRecord(output.output.message)) return output.output.message;
  if (isRecord(output.message) && isMessage({ role: 'assistant', ...output.message }))
    return { role: 'assistant', ...output.message };
  if (Array.isArray(output.messages) && isMessageList(output.messages)) return output.messages;
  if (typeof output.answer === 'string' && Object.keys(output).length === 1) return output.answer;
  return undefined;
}

function alone(list: readonly unknown[]): unknown {
  return list.length === 1 ? list[0] : list;
}

/* Messages. */

const ROLES: Readonly<Record<string, string>> = {
  human: 'user',
  humanmessage: 'user',
  user: 'user',
  ai: 'assistant',
  aimessage: 'assistant',
  aimessagechunk: 'assistant',
  assistant: 'assistant',
  model: 'assistant',
  bot: 'assistant',
  chatbot: 'assistant',
  system: 'system',
  systemmessage: 'system',
  developer: 'developer',
  tool: 'tool',
  toolmessage: 'tool',
  function: 'tool',
};

/** Fields that are shown elsewhere, or that no reader needs. */
const SHOWN_FIELDS = new Set(
  (
    'role type name id object status content parts text tool_calls toolCalls function_call reasoning reasoning_content ' +
    'reasoningText reasoning_details thinking tool_plan refusal images audio tool_call_id toolCallId tool_name toolInvocations ' +
    'tool_results lc kwargs index invalid_tool_calls response_metadata usage_metadata additional_kwargs'
  ).split(' '),
);

function readMessage(value: unknown, side: Message['side'], otherwise = 'user'): Message[] {
  if (typeof value === 'string') return [said(otherwise, value, side)];
  if (!isRecord(value))
    return [{ role: otherwise, name: undefined, side, parts: [{ kind: 'unknown', value }] }];
  if (isLangChain(value)) {
    const kind = Array.isArray(value.id) ? String(value.id.at(-1)) : '';
    return readMessage({ type: kind, ...(value.kwargs as Json) }, side, otherwise);
  }
  // An item of the Responses API is a message of its own.
  const { type } = value;
  if (
    typeof value.role !== 'string' &&
    typeof type === 'string' &&
    !Object.hasOwn(ROLES, type.toLowerCase()) &&
    type !== 'message'
  ) {
    const isOutcome = type.endsWith('_output') || /tool[_-]result$/.test(type);
    return withParts(isOutcome ? 'tool' : roleOfItem(type, otherwise), undefined, side, [
      readPart(value),
    ]);
  }
  const role = roleOf(value, otherwise);
  const name = typeof value.name === 'string' && role !== 'tool' ? value.name : undefined;
  return withParts(role, name, side, messageParts(value, role));
}

function roleOfItem(type: string, otherwise: string): string {
  return /call$|reasoning/.test(type) ? 'assistant' : otherwise;
}

function roleOf({ role, type }: Json, otherwise: string): string {
  const given =
    typeof role === 'string'
      ? role
      : typeof type === 'string' && type !== 'message'
        ? type
        : otherwise;
  const known = given.toLowerCase();
  return Object.hasOwn(ROLES, known) ? (ROLES[known] ?? given) : given;
}

function messageParts(value: Json, role: string): readonly Part[] {
  const parts: Part[] = [];
  const extra = isRecord(value.additional_kwargs) ? value.additional_kwargs : {};
  for (const field of [
    'reasoning',
    'reasoning_content',
    'reasoningText',
    'thinking',
    'tool_plan',
  ]) {
    const text = reasoningText(value[field] ?? extra[field]);
    if (text !== '') parts.push({ kind: 'reasoning', text });
  }
  if (
    role === 'tool' &&
    (value.tool_call_id ?? value.toolCallId ?? value.tool_name ?? value.name) !== undefined &&
    !hasResultParts(value.content)
  ) {
    parts.push(
      result(value.tool_call_id ?? value.toolCallId, value.tool_name ?? value.name, value.content, {
        isError: value.status === 'error',
      }),
    );
  } else {
    addAll(parts, contentParts(value.content));
  }
  if (
    typeof value.text === 'string' &&
    value.content === undefined &&
    value.parts === undefined &&
    value.text !== ''
  ) {
    parts.push({ kind: 'text', text: value.text });
  }
  addAll(parts, contentParts(value.parts));
  if (typeof value.refusal === 'string' && value.refusal !== '')
    parts.push({ kind: 'refusal', text: value.refusal });
  for (const image of list(value.images)) {
    parts.push(
      typeof image === 'string'
        ? { kind: 'media', media: namedMedia(image, 'image') }
        : readPart(image),
    );
  }
  if (isRecord(value.audio)) {
    const { transcript } = value.audio;
    parts.push({ kind: 'media', media: namedMedia(value.audio.data, 'audio') });
    if (typeof transcript === 'string' && transcript !== '')
      parts.push({ kind: 'text', text: transcript });
  }
  for (const call of [...list(value.tool_calls), ...list(value.toolCalls)])
    parts.push(readCall(call));
  if (isRecord(value.function_call)) parts.push(readCall(value.function_call));
  for (const each of list(value.toolInvocations)) parts.push(readInvocation(each));
  for (const each of list(value.tool_results)) parts.push(readCohereResult(each));
  for (const each of list(value.invalid_tool_calls)) parts.push({ kind: 'unknown', value: each });
  const others = without(value, SHOWN_FIELDS);
  if (Object.keys(others).length > 0) parts.push({ kind: 'unknown', value: others });
  return parts;
}

function hasResultParts(content: unknown): boolean {
  return list(content).some(
    (part) =>
      isRecord(part) &&
      (/tool[-_]result$/.test(String(part.type)) ||
        part.toolResult !== undefined ||
        part.functionResponse !== undefined),
  );
}

function contentParts(content: unknown): readonly Part[] {
  if (content === null || content === undefined || content === '') return [];
  if (typeof content === 'string') return [textPart(content)];
  if (Array.isArray(content)) return content.flatMap((part) => contentPart(part));
  // Gemini's system instruction is a message of its own.
  if (isRecord(content) && Array.isArray(content.parts))
    return content.parts.flatMap((part) => contentPart(part));
  return contentPart(content);
}

function contentPart(part: unknown): readonly Part[] {
  if (part === null || part === undefined || part === '') return [];
  // Marks of an AI SDK stream, which say nothing.
  if (isRecord(part) && (part.type === 'step-start' || part.type === 'step-finish')) return [];
  return [readPart(part)];
}

/* Parts. */

function isPart(value: Json): boolean {
  return readPart(value).kind !== 'unknown';
}

function textPart(text: string): Part {
  const media = /^\[[\w.+-]+\/[\w.+-]+, \d+ bytes\]$/.test(text) ? namedMedia(text) : undefined;
  return media === undefined ? { kind: 'text', text } : { kind: 'media', media };
}

function readPart(part: unknown): Part {
  if (typeof part === 'string') return textPart(part);
  if (!isRecord(part)) return { kind: 'unknown', value: part };
  const type = typeof part.type === 'string' ? part.type : '';
  return (
    readThought(part, type) ??
    readText(part, type) ??
    readToolPart(part, type) ??
    readMediaPart(part) ?? { kind: 'unknown', value: part }
  );
}

function readMediaPart(part: Json): Part | undefined {
  const media = mediaOf(part);
  return media && { kind: 'media', media };
}

function readThought(part: Json, type: string): Part | undefined {
  const text =
    part.thought === true
      ? reasoningText(part.text)
      : type === 'thinking' || type === 'reasoning' || type === 'reasoning_text'
        ? reasoningText(
            part.thinking ??
              part.text ??
              part.reasoning ??
              (hasItems(part.summary) ? part.summary : part.content),
          )
        : isRecord(part.reasoningContent)
          ? reasoningText(part.reasoningContent.reasoningText ?? part.reasoningContent.text)
          : '';
  return text === '' ? undefined : { kind: 'reasoning', text };
}

const TEXT_FIELDS = new Set(
  'type text id index cache_control cachePoint state providerMetadata annotations logprobs citations'.split(
    ' ',
  ),
);

function readText(part: Json, type: string): Part | undefined {
  if (type === 'refusal' && typeof part.refusal === 'string')
    return { kind: 'refusal', text: part.refusal };
  // OTel's parts have their text as content.
  const text =
    typeof part.text === 'string'
      ? part.text
      : type === 'text' && typeof part.content === 'string'
        ? part.content
        : undefined;
  if (text === undefined) return undefined;
  if (type !== '' && !/^(text|input_text|output_text|summary_text)$/.test(type)) return undefined;
  const others = Object.keys(without(part, TEXT_FIELDS)).filter((name) => name !== 'content');
  // An empty text with other members, such as citations, is no text: its JSON is shown.
  const hasMore = others.length > 0 || hasItems(part.annotations) || hasItems(part.citations);
  return hasMore && text === '' ? undefined : { kind: 'text', text };
}

function readToolPart(part: Json, type: string): Part | undefined {
  const {
    functionCall,
    functionResponse,
    toolUse,
    toolResult,
    executableCode,
    codeExecutionResult,
  } = part;
  if (isRecord(functionCall)) return call(functionCall.id, functionCall.name, functionCall.args);
  if (isRecord(functionResponse))
    return result(functionResponse.id, functionResponse.name, functionResponse.response);
  if (isRecord(part.function_call)) return readCall(part.function_call);
  if (isRecord(part.function_response))
    return result(
      part.function_response.id,
      part.function_response.name,
      part.function_response.response,
    );
  if (isRecord(toolUse)) return call(toolUse.toolUseId, toolUse.name, toolUse.input);
  if (isRecord(toolResult))
    return result(toolResult.toolUseId, undefined, toolResult.content, {
      isError: toolResult.status === 'error',
    });
  if (isRecord(executableCode)) return call(executableCode.id, 'code', executableCode);
  if (isRecord(codeExecutionResult))
    return result(
      codeExecutionResult.id,
      'code',
      codeExecutionResult.output ?? codeExecutionResult,
    );
  if (/tool_use$/.test(type)) return call(part.id, part.name, part.input);
  if (/tool_result$/.test(type))
    return result(part.tool_use_id ?? part.tool_call_id, part.name, part.content, {
      isError: part.is_error === true,
    });
  if (type === 'tool-call') return call(part.toolCallId, part.toolName, part.input ?? part.args);
  if (type === 'tool-result')
    return result(part.toolCallId, part.toolName, part.output ?? part.result, {
      isError: part.isError === true,
    });
  if (type === 'tool-error')
    return result(part.toolCallId, part.toolName, part.error, { isError: true });
  if (type === 'tool_call') return call(part.id, part.name, part.arguments ?? part.args);
  if (type === 'tool_call_response')
    return result(part.id, part.name, part.result ?? part.response);
  if (type === 'tool-invocation') return readInvocation(part.toolInvocation);
  if (
    typeof part.toolCallId === 'string' &&
    (type === 'dynamic-tool' || type.startsWith('tool-'))
  ) {
    return readInvocation({
      toolName: type === 'dynamic-tool' ? part.toolName : type.slice(5),
      ...part,
    });
  }
  if (type === 'function_call' || type === 'custom_tool_call')
    return call(part.call_id ?? part.id, part.name, part.arguments ?? part.input);
  if (/_call_output$/.test(type)) return result(part.call_id ?? part.id, part.name, part.output);
  if (/_call$/.test(type)) {
    const { type: _type, id, call_id, status: _status, output, ...asked } = part;
    const made = call(
      call_id ?? id,
      typeof part.name === 'string' ? part.name : type.slice(0, -5),
      asked.arguments ?? asked.action ?? asked,
    );
    return output === undefined || output === null
      ? made
      : { ...made, result: result(call_id ?? id, made.name, output) };
  }
  return undefined;
}

function call(id: unknown, name: unknown, args: unknown): ToolCall {
  return {
    kind: 'call',
    id: typeof id === 'string' ? id : undefined,
    name: typeof name === 'string' && name !== '' ? name : 'tool',
    arguments: fromText(args),
  };
}

function result(id: unknown, name: unknown, value: unknown, { isError = false } = {}): ToolResult {
  return {
    kind: 'result',
    id: typeof id === 'string' ? id : undefined,
    name: typeof name === 'string' ? name : undefined,
    isError: isError || (isRecord(value) && /^error-/.test(String(value.type))),
    parts: resultParts(value),
  };
}

function resultParts(value: unknown): readonly Part[] {
  // The AI SDK wraps results: { type: 'json', value }.
  const inner =
    isRecord(value) && 'value' in value && typeof value.type === 'string' ? value.value : value;
  if (inner === null || inner === undefined) return [];
  if (typeof inner === 'string') {
    const parsed = fromText(inner);
    return [typeof parsed === 'string' ? textPart(parsed) : { kind: 'unknown', value: parsed }];
  }
  if (Array.isArray(inner) && inner.some((each) => resultPart(each) !== undefined)) {
    return inner.map((each) => resultPart(each) ?? { kind: 'unknown', value: each });
  }
  return [{ kind: 'unknown', value: inner }];
}

/** A part of a result: a text, a medium, or what Bedrock wraps as JSON. */
function resultPart(value: unknown): Part | undefined {
  if (typeof value === 'string') return textPart(value);
  if (!isRecord(value)) return undefined;
  if ('json' in value && Object.keys(value).length === 1)
    return { kind: 'unknown', value: value.json };
  const type = typeof value.type === 'string' ? value.type : '';
  return readText(value, type) ?? readMediaPart(value);
}

function readCall(value: unknown): Part {
  if (!isRecord(value)) return { kind: 'unknown', value };
  const called = [value.function, value.custom].find(isRecord) ?? value;
  const args = called.arguments ?? called.args ?? called.input ?? called.parameters;
  if (typeof called.name !== 'string' && typeof value.toolName !== 'string' && args === undefined) {
    return { kind: 'unknown', value };
  }
  return call(value.id ?? value.toolCallId ?? value.call_id, called.name ?? value.toolName, args);
}

function readInvocation(value: unknown): Part {
  if (!isRecord(value)) return { kind: 'unknown', value };
  const made = call(value.toolCallId, value.toolName, value.input ?? value.args);
  const answer = value.output ?? value.result ?? value.errorText;
  return answer === undefined
    ? made
    : {
        ...made,
        result: result(value.toolCallId, made.name, answer, {
          isError: value.errorText !== undefined,
        }),
      };
}

function readCohereResult(value: unknown): Part {
  if (!isRecord(value) || !isRecord(value.call)) return { kind: 'unknown', value };
  return result(undefined, value.call.name, value.outputs);
}

/** Results go to the calls that they answer: by id, or else by name and order. */
function joined(messages: readonly Message[]): readonly Message[] {
  const byId = new Map<string, ToolCall>();
  const open: ToolCall[] = [];
  const kept: Message[] = [];
  for (const message of messages) {
    const parts: Part[] = [];
    for (const part of message.parts) {
      if (part.kind === 'call') {
        const made = { ...part };
        parts.push(made);
        if (made.id !== undefined) byId.set(made.id, made);
        if (made.result === undefined) open.push(made);
        continue;
      }
      const asked = part.kind === 'result' ? callOf(part, byId, open) : undefined;
      if (part.kind !== 'result' || asked === undefined) {
        parts.push(part);
        continue;
      }
      asked.result = part;
      open.splice(open.indexOf(asked), 1);
    }
    if (parts.length > 0) kept.push({ ...message, parts });
  }
  return kept;
}

function callOf(
  { id, name }: ToolResult,
  byId: ReadonlyMap<string, ToolCall>,
  open: readonly ToolCall[],
): ToolCall | undefined {
  const exact = id === undefined ? undefined : byId.get(id);
  if (exact !== undefined) return exact.result === undefined ? exact : undefined;
  if (name === undefined) return undefined;
  return open.find((each) => each.name === name && (id === undefined || each.id === undefined));
}

/* Small readers. */

function said(role: string, text: string, side: Message['side']): Message {
  return { role, name: undefined, side, parts: [textPart(text)] };
}

function unknownMessage(role: string, side: Message['side'], value: unknown): Message {
  return { role, name: undefined, side, parts: [{ kind: 'unknown', value }] };
}

function withParts(
  role: string,
  name: string | undefined,
  side: Message['side'],
  parts: readonly Part[],
): Message[] {
  return parts.length === 0 ? [] : [{ role, name, side, parts }];
}

function reasoningText(value: unknown, depth = 0): string {
  if (depth > MAX_DEPTH) return '';
  if (typeof value === 'string') return value;
  if (Array.isArray(value))
    return value
      .map((each) => reasoningText(each, depth + 1))
      .filter((each) => each !== '')
      .join('\n\n');
  if (!isRecord(value)) return '';
  return reasoningText(value.text ?? value.thinking ?? value.content ?? value.summary, depth + 1);
}

function isLangChain(value: Json): boolean {
  return value.lc === 1 && isRecord(value.kwargs);
}

/** Arguments are often JSON in a string. */
function fromText(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The object without those fields, and without empty values. */
function without(value: Json, fields: ReadonlySet<string>): Json {
  return Object.fromEntries(
    Object.entries(value).filter(
      ([name, each]) =>
        !fields.has(name) &&
        each !== null &&
        each !== undefined &&
        each !== '' &&
        !(Array.isArray(each) && each.length === 0),
    ),
  );
}

/** Adds values one by one: a call takes no more than about 120,000 arguments. */
function addAll<T>(to: T[], values: readonly T[]): void {
  for (const value of values) to.push(value);
}

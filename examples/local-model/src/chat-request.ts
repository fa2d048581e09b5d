import { badBody } from './api-error.js';
import type { Parameter, Tool } from './tools.js';

/** The part of OpenAI's chat request that this server uses. The rest is ignored. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly maxTokens: number | undefined;
  /** The tools that the model may call. */
  readonly tools: readonly Tool[];
}

/** A message, with its text parts joined. */
export interface Message {
  readonly role: string;
  readonly text: string;
  /** Names of the tools that an assistant's message calls. */
  readonly calls: readonly string[];
}

const ROLES = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function']);

/** Checks a request's body. @throws ApiError that names the wrong parameter */
export function toChatRequest(body: unknown): ChatRequest {
  if (!isRecord(body)) throw badBody('The body must be a JSON object.');
  const { model, messages, stream, stream_options, max_tokens, max_completion_tokens, n } = body;
  const { tools, tool_choice } = body;
  if (typeof model !== 'string' || model === '') {
    throw badBody('You must provide a model parameter.', 'model');
  }
  if (!Array.isArray(messages) || messages.length === 0) {
    throw badBody("'messages' must be an array with at least one message.", 'messages');
  }
  if (n !== undefined && n !== null && n !== 1) {
    throw badBody("This server gives one choice: leave out 'n'.", 'n');
  }
  const isStream = toBoolean(stream, 'stream');
  if (stream_options !== undefined && stream_options !== null && !isStream) {
    throw badBody("'stream_options' is only allowed when 'stream' is true.", 'stream_options');
  }
  return {
    model,
    messages: messages.map(toMessage),
    stream: isStream,
    includeUsage:
      isRecord(stream_options) &&
      toBoolean(stream_options.include_usage, 'stream_options.include_usage'),
    maxTokens:
      toTokenLimit(max_completion_tokens, 'max_completion_tokens') ??
      toTokenLimit(max_tokens, 'max_tokens'),
    tools: tool_choice === 'none' ? [] : toTools(tools),
  };
}

function toMessage(message: unknown, index: number): Message {
  const param = `messages[${index}]`;
  if (!isRecord(message)) throw badBody(`'${param}' must be an object.`, param);
  const { role, content, tool_calls } = message;
  if (typeof role !== 'string' || !ROLES.has(role)) {
    throw badBody(`'${param}.role' must be one of ${[...ROLES].join(', ')}.`, `${param}.role`);
  }
  const calls = Array.isArray(tool_calls) ? tool_calls.map(calledName) : [];
  return { role, text: toText(content, role, `${param}.content`), calls };
}

function calledName(call: unknown): string {
  const called = isRecord(call) && isRecord(call.function) ? call.function.name : undefined;
  return typeof called === 'string' ? called : '';
}

function toText(content: unknown, role: string, param: string): string {
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) return content.map((part) => toPartText(part, param)).join('\n');
  // An assistant's message may hold tool calls only.
  if ((content === null || content === undefined) && role === 'assistant') return '';
  throw badBody(`'${param}' must be a string or an array of content parts.`, param);
}

function toPartText(part: unknown, param: string): string {
  if (isRecord(part) && part.type === 'text' && typeof part.text === 'string') return part.text;
  throw badBody(`'${param}' may hold text parts only: this server reads nothing else.`, param);
}

function toTools(tools: unknown): Tool[] {
  if (tools === undefined || tools === null) return [];
  if (!Array.isArray(tools)) throw badBody("'tools' must be an array.", 'tools');
  return tools.map((tool, index) => toTool(tool, `tools[${index}]`));
}

function toTool(tool: unknown, param: string): Tool {
  const offered = isRecord(tool) && tool.type === 'function' ? tool.function : undefined;
  if (!isRecord(offered) || typeof offered.name !== 'string') {
    throw badBody(`'${param}' must be a function with a name: this server knows no others.`, param);
  }
  const { name, description, parameters } = offered;
  const properties = isRecord(parameters) ? parameters.properties : undefined;
  return {
    name,
    description: typeof description === 'string' ? description : '',
    parameters: isRecord(properties) ? toParameters(properties) : [],
  };
}

function toParameters(properties: Record<string, unknown>): Parameter[] {
  return Object.entries(properties).map(([name, schema]) => {
    const { type, enum: values } = isRecord(schema) ? schema : {};
    return {
      name,
      type: typeof type === 'string' ? type : 'string',
      values: Array.isArray(values) ? values.map(String) : [],
    };
  });
}

function toBoolean(value: unknown, param: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw badBody(`'${param}' must be a boolean.`, param);
  return value;
}

function toTokenLimit(value: unknown, param: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    throw badBody(`'${param}' must be an integer of at least 1.`, param);
  }
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

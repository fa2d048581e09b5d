/** Calls of tools and their results, in the forms of all providers. */

import { isRecord, type Json, parseJson } from '../../json.js';
import type { Part, ToolCall, ToolResult } from './message.js';
import { readMediaPart, readText, textPart } from './read-content.js';

export function readToolPart(part: Json, type: string): Part | undefined {
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

export function result(
  id: unknown,
  name: unknown,
  value: unknown,
  { isError = false } = {},
): ToolResult {
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

export function readCall(value: unknown): Part {
  if (!isRecord(value)) return { kind: 'unknown', value };
  const called = [value.function, value.custom].find(isRecord) ?? value;
  const args = called.arguments ?? called.args ?? called.input ?? called.parameters;
  if (typeof called.name !== 'string' && typeof value.toolName !== 'string' && args === undefined) {
    return { kind: 'unknown', value };
  }
  return call(value.id ?? value.toolCallId ?? value.call_id, called.name ?? value.toolName, args);
}

export function readInvocation(value: unknown): Part {
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

export function readCohereResult(value: unknown): Part {
  if (!isRecord(value) || !isRecord(value.call)) return { kind: 'unknown', value };
  return result(undefined, value.call.name, value.outputs);
}

/** Arguments are often JSON in a string. */
function fromText(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return parseJson(value);
  } catch {
    return value;
  }
}

/** Reads the content of LangChain's messages: a string, or blocks with the names of providers or of LangChain's version 1. */

import {
  arrayOrEmpty,
  isJsonObject,
  type JsonObject,
  nonEmptyFields,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import { wordSet } from '../common/words.js';
import type { Message } from '../shapes/reading/message.js';

/** Blocks that are tool calls, which a message also has in a separate array. */
const CALLS: ReadonlySet<unknown> = wordSet(`
  tool_use tool_call tool_call_chunk invalid_tool_call input_json_delta function_call
  functionCall custom_tool_call
`);
const KNOWN_OF_TEXT = wordSet('type text index id annotations citations signature cache_control');
const KNOWN_OF_REASONING = wordSet(`
  type thinking reasoning reasoning_content reasoningText summary content index id signature
  text status
`);

/** Whether the tool calls in a content are read, or skipped because the message has them elsewhere too. */
export type Calls = 'read' | 'skip';

/** Adds the content of a message, or of a piece of one. */
export function readLangChainContent(message: Message, content: unknown, calls: Calls): void {
  if (typeof content === 'string') message.text.add(content);
  for (const each of arrayOrEmpty(content)) {
    if (typeof each === 'string') message.text.add(each);
    else if (isJsonObject(each)) readBlock(message, each, calls);
  }
}

function readBlock(message: Message, block: JsonObject, calls: Calls): void {
  const { type } = block;
  if (type === 'non_standard' && isJsonObject(block.value)) {
    readBlock(message, block.value, calls);
  } else if (isText(block)) {
    readText(message, block);
  } else if (isReasoning(block)) {
    message.reasoning.add(reasoningOf(block));
    keepRest(message, block, KNOWN_OF_REASONING);
  } else if (type === 'refusal' && typeof block.refusal === 'string') {
    message.setRefusal(block.refusal);
  } else if (!CALLS.has(type)) {
    message.addPart(block);
  } else if (calls === 'read') {
    const called = objectOrEmpty(block.functionCall);
    message.addTool(
      stringOrUndefined(block.id) ?? stringOrUndefined(block.call_id),
      stringOrUndefined(block.name) ?? stringOrUndefined(called.name),
      block.input ?? block.args ?? block.arguments ?? called.args,
      typeof block.error === 'string' ? { error: block.error } : undefined,
    );
  }
}

function isText({ type, text: blockText }: JsonObject): boolean {
  const isNamed = type === 'text' || type === 'text_delta' || type === 'output_text';
  return isNamed || (type === undefined && typeof blockText === 'string');
}

function isReasoning({ type }: JsonObject): boolean {
  return /^(thinking|reasoning)(_delta|_content)?$/.test(String(type));
}

function readText(message: Message, block: JsonObject): void {
  message.text.add(stringOrUndefined(block.text) ?? '');
  for (const each of [...arrayOrEmpty(block.annotations), ...arrayOrEmpty(block.citations)])
    message.cite(each);
  keepRest(message, block, KNOWN_OF_TEXT);
}

function reasoningOf(block: JsonObject): string {
  return [
    block.thinking ?? block.reasoning ?? block.text,
    block.reasoning_content,
    objectOrEmpty(block.reasoningText).text,
    ...[...arrayOrEmpty(block.summary), ...arrayOrEmpty(block.content)].map(
      (each) => objectOrEmpty(each).text,
    ),
  ]
    .filter((each) => typeof each === 'string')
    .join('');
}

function keepRest(message: Message, block: JsonObject, except: ReadonlySet<string>): void {
  const more = nonEmptyFields(block, except);
  if (Object.keys(more).length > 0) message.addPart({ type: block.type, ...more });
}

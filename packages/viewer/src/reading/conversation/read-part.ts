/** Parts of a message. One of an unknown form is kept as JSON. */

import { isRecord, type Json } from '../../json.js';
import { hasItems } from './fields.js';
import type { Part } from './message.js';
import { readMediaPart, readText, textPart } from './read-content.js';
import { readToolPart } from './read-tool-part.js';

/** Texts nested more deeply are not read. */
const MAX_DEPTH = 6;

export function contentParts(content: unknown): readonly Part[] {
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

export function isPart(value: Json): boolean {
  return readPart(value).kind !== 'unknown';
}

export function readPart(part: unknown): Part {
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

export function reasoningText(value: unknown, depth = 0): string {
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

/** Decides which tool the model calls: each one that fits the question, one at a time. */

import type { ChatRequest } from './chat-request.js';
import { toTerms } from './language.js';
import { readPrompt } from './prompt.js';

/** A function that the client can run. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
}

export interface Parameter {
  readonly name: string;
  readonly type: string;
  /** The allowed values; empty if any value is allowed. */
  readonly values: readonly string[];
}

export interface ToolCall {
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
}

/** The least score of a further tool, as a share of the best one's. */
const MIN_SHARE_OF_BEST = 0.7;

/**
 * The call of the tool whose name and description share the most words with the question; undefined if no tool shares one, or
 * if those that do were already called for this question.
 */
export function toolCallFor({ messages, tools }: ChatRequest): ToolCall | undefined {
  const asked = messages.findLastIndex(({ role }) => role === 'user');
  const called = new Set(messages.slice(asked + 1).flatMap(({ calls }) => calls));
  const { question } = readPrompt(messages);
  const terms = new Set(toTerms(question));
  const ranked = tools
    .map((tool) => ({ tool, score: scoreOf(tool, terms) }))
    .sort((a, b) => b.score - a.score);
  const least = Math.max((ranked[0]?.score ?? 0) * MIN_SHARE_OF_BEST, 1);
  const best = ranked.find(({ tool, score }) => score >= least && !called.has(tool.name))?.tool;
  if (best === undefined) return undefined;
  const values = best.parameters.map((each) => [each.name, argumentFor(each, question)]);
  return { name: best.name, arguments: JSON.stringify(Object.fromEntries(values)) };
}

function scoreOf({ name, description }: Tool, terms: ReadonlySet<string>): number {
  const own = new Set(toTerms(`${name.replaceAll('_', ' ')}. ${description}`));
  return [...terms].filter((term) => own.has(term)).length;
}

/** An argument from the question: an allowed value, a number, a quoted part, or the whole question. */
function argumentFor({ type, values }: Parameter, question: string): unknown {
  if (values.length > 0) {
    return (
      values.find((value) => question.toLowerCase().includes(value.toLowerCase())) ?? values[0]
    );
  }
  if (type === 'number' || type === 'integer') return Number(/-?\d+/.exec(question)?.[0] ?? 0);
  if (type === 'boolean') return true;
  return /["“]([^"”]+)["”]/.exec(question)?.[1] ?? question;
}

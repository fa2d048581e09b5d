/** Which of the tools that it is offered the model calls: as often as there is one that fits the question. */

import type { ChatRequest } from './chat-request.js';
import { toTerms } from './language.js';
import { readPrompt } from './prompt.js';

/** A function that the caller can run, and says so. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
}

export interface Parameter {
  readonly name: string;
  readonly type: string;
  /** The only values, where there are such. */
  readonly values: readonly string[];
}

export interface ToolCall {
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
}

/** A further tool must fit this well, compared to the best one. */
const MIN_SHARE_OF_BEST = 0.7;

/**
 * The call of the tool whose name and description share the most words with the question; undefined where none does, or
 * where those that do were called since the question was asked.
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

/** What the question says: a value that is allowed, a number, what it quotes, or all of it. */
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

/** The page of a client: what of it is recorded. */

import { type AnswerTable, counted, type Fact } from './facts.ts';
import type { Method } from './methods.ts';
import { type Unrecorded, type UnrecordedMethod, unrecordedOf } from './unrecorded-methods.ts';

interface Page {
  readonly client: string;
  readonly answers: readonly AnswerTable[];
  readonly facts: ReadonlyMap<AnswerTable, readonly Fact[]>;
  readonly walked: readonly Method[];
  readonly unrecorded: Unrecorded;
}

export function documentOf({ client, answers, facts, walked, unrecorded }: Page): string {
  const lines = [`# What is recorded of ${client}`, ''];
  if (walked.length > 0) lines.push(...methodLines(walked, unrecorded));
  for (const table of answers) {
    const found = facts.get(table) ?? [];
    lines.push(`## ${table.title}`, '', `${counted(found)} fields are kept.`, '');
    lines.push('| field | kept in |', '|---|---|');
    for (const [field, place] of rows(found)) lines.push(`| \`${field}\` | ${place} |`);
    lines.push('');
  }
  return lines.join('\n');
}

/** Every method by its name: a new one has to change the page. */
function methodLines(methods: readonly Method[], unrecorded: Unrecorded): string[] {
  const recorded = methods.filter(({ step }) => step !== undefined);
  const lines = ['## Methods', '', '| method | request | step |', '|---|---|---|'];
  for (const { name, request, step } of recorded) {
    lines.push(`| \`${name}\` | ${code(request)} | \`${step}\` |`);
  }
  lines.push('');
  const others = unrecordedOf(methods, unrecorded);
  const isBilled = ({ reason }: UnrecordedMethod) => reason.kind === 'billed';
  lines.push(...billedLines(others.filter(isBilled)));
  lines.push(...freeLines(others.filter((method) => !isBilled(method))));
  return lines;
}

export const BILLED = '## Billed, and not recorded';

function billedLines(methods: readonly UnrecordedMethod[]): string[] {
  if (methods.length === 0) return [];
  const lines = [BILLED, '', '| method | request | why | reported as |', '|---|---|---|---|'];
  for (const { name, request, reason, reported = [] } of methods) {
    lines.push(
      `| \`${name}\` | ${code(request)} | ${reason.why} | ${reported.map(code).join(', ')} |`,
    );
  }
  return [...lines, ''];
}

function freeLines(methods: readonly UnrecordedMethod[]): string[] {
  if (methods.length === 0) return [];
  const lines = ['## Other methods without a step', ''];
  const groups = new Map<string, UnrecordedMethod[]>();
  for (const method of methods) {
    const { why } = method.reason;
    groups.set(why, [...(groups.get(why) ?? []), method]);
  }
  for (const [why, group] of groups) {
    lines.push(`${why[0]?.toUpperCase()}${why.slice(1)}:`, '');
    for (const { name, request } of group) {
      lines.push(`- \`${name}\`${request === undefined ? '' : `, ${code(request)}`}`);
    }
    lines.push('');
  }
  return lines;
}

function code(text: string | undefined): string {
  return text === undefined ? '' : `\`${text}\``;
}

/** Fields that stand in the step as they stood in the answer are one row, at what they have in common. */
function rows(facts: readonly Fact[]): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  for (const { path, place, reason } of facts) {
    if (place === undefined) table.set(path, `not kept: ${reason}`);
    else {
      const [field, kept] = withoutCommonEnd(path, place);
      table.set(field, `\`${kept}\``);
    }
  }
  return table;
}

function withoutCommonEnd(path: string, place: string): [string, string] {
  const from = path.split('.');
  const to = place.split('.');
  let cut = false;
  while (from.length > 1 && to.length > 1 && from.length > 2 && isSame(from.at(-1), to.at(-1))) {
    // At least the first two names of a place stay: `metadata.logprobs`.
    if (to.length <= 2) break;
    from.pop();
    to.pop();
    cut = true;
  }
  return [cut ? `${from.join('.')}.*` : path, to.join('.')];
}

/** Variants of a union are told apart in paths alone. */
function isSame(a: string | undefined, b: string | undefined): boolean {
  return a?.replace(/\[[^\]]*\]/g, '[]') === b?.replace(/\[[^\]]*\]/g, '[]');
}

/** Why methods of a client are not recorded. */

import assert from 'node:assert/strict';
import type { Method } from './methods.ts';

export interface Reason {
  readonly why: string;
  /**
   * `billed`: the call is billed, no step has its cost, and it leaves one `unrecorded_call` that names it. `local`: nothing
   * is sent. `free`: it is not billed, or a step of another method has its cost.
   */
  readonly kind: 'free' | 'local' | 'billed';
}

/** By the names of methods; a text is a reason of kind `free`. `files.*` stands for all below `files`: the first one counts. */
export type Unrecorded = Readonly<Record<string, string | Reason>>;

export interface UnrecordedMethod extends Method {
  readonly reason: Reason;
}

export const billed = (why: string): Reason => ({ kind: 'billed', why });
export const local = (why = 'sends nothing by itself'): Reason => ({ kind: 'local', why });

/** Those that are not recorded, with the reasons for it. */
export function unrecordedOf(
  methods: readonly Method[],
  unrecorded: Unrecorded,
): readonly UnrecordedMethod[] {
  return methods.flatMap((method) => {
    const found = method.step === undefined ? entryOf(method.name, unrecorded)?.[1] : undefined;
    if (found === undefined) return [];
    const reason = typeof found === 'string' ? { kind: 'free' as const, why: found } : found;
    return [{ ...method, reason }];
  });
}

/** Every method is recorded or not for a reason, the reasons hold, and none is left over. */
export function assertMethodsTold(methods: readonly Method[], unrecorded: Unrecorded): void {
  const missed = methods.filter(({ step }) => step === undefined);
  const untold = missed.filter(({ name }) => entryOf(name, unrecorded) === undefined);
  assert.deepEqual(untold.map(line), [], 'methods that are neither recorded nor left out');

  const told = unrecordedOf(methods, unrecorded);
  const isKind = (...kinds: Reason['kind'][]) =>
    told.filter(({ reason }) => kinds.includes(reason.kind));
  const isReported = ({ reported = [] }: Method) => reported.length > 0;
  const wrongs: [readonly Method[], string][] = [
    [
      isKind('billed').filter(({ reported }) => reported?.length !== 1),
      'said to be reported, and are not, or not once',
    ],
    [isKind('free', 'local').filter(isReported), 'reported as billed'],
    [
      methods.filter((method) => method.step !== undefined && isReported(method)),
      'reported, though they are recorded',
    ],
    [isKind('local').filter(({ request }) => request !== undefined), 'said to send nothing'],
    [
      isKind('free', 'billed').filter(
        (method) => method.request === undefined && !isReported(method),
      ),
      'sent nothing: they need other arguments, or the reason `local`',
    ],
  ];
  for (const [wrong, what] of wrongs) assert.deepEqual(wrong.map(line), [], `methods: ${what}`);

  const used = new Set(missed.map(({ name }) => entryOf(name, unrecorded)?.[0]));
  const idle = Object.keys(unrecorded).filter((pattern) => !used.has(pattern));
  assert.deepEqual(idle, [], 'reasons for methods that are recorded, do not exist or have another');
}

function line({ name, request }: Method): string {
  return `${name}: ${request ?? 'sends nothing'}`;
}

function entryOf(name: string, unrecorded: Unrecorded): [string, string | Reason] | undefined {
  return Object.entries(unrecorded).find(([pattern]) => isMatch(name, pattern));
}

function isMatch(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

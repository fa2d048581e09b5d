/** What the compiler must say of users' code. Checked by tsc, never run; types.test.ts does so in `npm test`. */

import {
  type Outcome,
  type Pricing,
  type RequestTrace,
  type Step,
  type StepOptions,
  type StepUpdate,
  startStep,
  step,
  type Trace,
  type TraceUpdate,
  trace,
  traced,
  updateCurrentTrace,
} from '@openlayer-tracing/core';

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Fails to compile unless the two types are the same. */
function same<A, B>(_proof: Same<A, B>): void {}

// --- trace(fn) returns exactly the type of fn

const sync = (a: number, b?: string) => `${a}${b}`;
same<ReturnType<typeof trace<typeof sync>>, typeof sync>(true);
const tracedSync = trace(sync, { name: 'sync', type: 'tool' });
same<typeof tracedSync, (a: number, b?: string) => string>(true);

const tracedAsync = trace(async (id: bigint, ...rest: readonly string[]) => ({ id, rest }));
same<
  typeof tracedAsync,
  (id: bigint, ...rest: readonly string[]) => Promise<{ id: bigint; rest: readonly string[] }>
>(true);

const tracedGenerator = trace(function* (to: number): Generator<number, 'done', boolean> {
  const more = yield to;
  return more ? 'done' : 'done';
});
same<typeof tracedGenerator, (to: number) => Generator<number, 'done', boolean>>(true);

const tracedAsyncGenerator = trace(async function* () {
  yield { text: 'x' };
});
same<typeof tracedAsyncGenerator, () => AsyncGenerator<{ text: string }, void, unknown>>(true);

const identity = trace(<T>(value: T): T => value);
same<ReturnType<typeof identity<'literal'>>, 'literal'>(true);
const kept: 5 = identity(5 as const);

const keyed = trace(<O extends object, K extends keyof O>(o: O, key: K): O[K] => o[key]);
const five: number = keyed({ n: 5 }, 'n');
// @ts-expect-error a key that the object does not have
keyed({ n: 5 }, 'm');

function withThis(this: { readonly factor: number }, n: number) {
  return this.factor * n;
}
const tracedThis = trace(withThis);
same<ThisParameterType<typeof tracedThis>, { readonly factor: number }>(true);
// @ts-expect-error there is no `this` of that type here
tracedThis(1);

function overloaded(value: string): string;
function overloaded(value: number): number;
function overloaded(value: string | number): string | number {
  return value;
}
const tracedOverloads = trace(overloaded);
const text: string = tracedOverloads('a');
const count: number = tracedOverloads(1);

const withProperties = trace(Object.assign((n: number) => n, { version: 'v1' }));
same<typeof withProperties.version, string>(true);

// @ts-expect-error an argument of another type
tracedSync('1');
// @ts-expect-error a text is no function
trace('text');
// @ts-expect-error a step type that the platform does not know
trace(sync, { type: 'span' });
// @ts-expect-error a misspelled option
trace(sync, { nmae: 'x' });

// --- its options know what fn takes and returns

trace(async (query: string, limit: number) => [query, limit] as const, {
  inputs: (query, limit) => {
    same<typeof query, string>(true);
    same<typeof limit, number>(true);
    return { query, limit };
  },
  output: (found) => {
    same<typeof found, readonly [string, number]>(true);
    return found.length;
  },
});
trace(
  async function* () {
    yield 'token';
  },
  {
    output: (joined) => {
      same<typeof joined, string>(true);
      return joined.length;
    },
  },
);
trace(() => new ReadableStream<Uint8Array>(), {
  output: (joined) => {
    same<typeof joined, string>(true);
  },
});
trace(
  function* () {
    yield 1;
  },
  {
    output: (items) => {
      same<typeof items, string | number[]>(true);
    },
  },
);
trace(() => [1, 2], {
  output: (list) => {
    same<typeof list, number[]>(true);
  },
});

// --- decorated methods keep their types

class Decorated {
  @traced({ type: 'retriever', inputs: (query: string, limit: number) => ({ query, limit }) })
  search(query: string, limit: number) {
    return [query, limit] as const;
  }
  @traced()
  async find<T extends string>(key: T): Promise<T> {
    return key;
  }
  // @ts-expect-error a field is no method
  @traced()
  field = 1;
}
same<Decorated['search'], (query: string, limit: number) => readonly [string, number]>(true);
same<Decorated['find'], <T extends string>(key: T) => Promise<T>>(true);

// --- step options are a union by type

step({ name: 's', type: 'retriever', documents: ['a'] }, (s) => {
  same<typeof s, Step<'retriever'>>(true);
  s.update({ documents: [{ content: 'b' }], output: 1, metadata: { topK: 2 } });
  // @ts-expect-error a retriever has no model
  s.update({ model: 'gpt' });
});
step({ name: 's', type: 'tool', functionName: 'f', arguments: { a: 1 } }, () => {});
step({ name: 's', type: 'agent', tool: 't', action: 'a', agentType: 'react' }, () => {});
step(
  { name: 's', type: 'handoff', fromComponent: 'a', toComponent: 'b', handoffData: 1 },
  () => {},
);
step({ name: 's', type: 'guardrail', action: 'block', blockedEntities: ['PII'] }, () => {});
step({ name: 's', type: 'embedding', embeddingDimensions: 3, embeddingCount: 1 }, () => {});
step(
  {
    name: 's',
    type: 'chat_completion',
    provider: 'openai',
    model: 'gpt-4o',
    modelParameters: { temperature: 0 },
    promptTokens: 1,
    completionTokens: 2,
    tokens: 3,
    cost: null,
    usageDetails: { input_tokens: 1 },
  },
  (s) => s.update({ tokens: 4 }),
);
// @ts-expect-error a tool has no documents
step({ name: 's', type: 'tool', documents: [] }, () => {});
// @ts-expect-error a retriever has no arguments
step({ name: 's', type: 'retriever', arguments: {} }, () => {});
// @ts-expect-error a step without a type has no fields of one
step({ name: 's', documents: [] }, () => {});
// @ts-expect-error a chain has no fields of its own
step({ name: 's', type: 'chain', model: 'gpt' }, () => {});
// @ts-expect-error documents are a list
step({ name: 's', type: 'retriever', documents: 'all' }, () => {});
// @ts-expect-error tokens are a number
step({ name: 's', type: 'chat_completion', tokens: '3' }, () => {});
// @ts-expect-error every step has a name
step({ type: 'tool' }, () => {});
// @ts-expect-error a type that the platform does not know
step({ name: 's', type: 'span' }, () => {});

const found: Promise<number> = step('s', async () => 1);
const plain: string = step('s', (s) => {
  same<typeof s, Step<'user_call'>>(true);
  return s.id;
});
const tool = startStep({ name: 't', type: 'tool' });
same<typeof tool, Step<'tool'>>(true);
tool.update({ functionName: 'f' });
// @ts-expect-error a tool has no tokens
tool.update({ tokens: 1 });
const anyStep: Step = tool;
const options: StepOptions<'retriever'> = { name: 'r', type: 'retriever', documents: [] };
const update: StepUpdate<'tool'> = { arguments: [1] };
// @ts-expect-error handles are read-only
tool.name = 'other';

// --- updates of traces

updateCurrentTrace({
  inferenceId: 'a',
  name: 'n',
  userId: 7,
  sessionId: 's',
  tags: ['t'],
  metadata: { plan: 'pro', nested: { a: 1 } },
  input: { question: 'Why?' },
  output: null,
  groundTruth: ['x'],
  context: ['passage'],
  question: 'Why?',
});
// @ts-expect-error context is an array of strings
updateCurrentTrace({ context: [1] });
// @ts-expect-error the input is an object, whose keys become columns
updateCurrentTrace({ input: 'Why?' });
// @ts-expect-error a misspelled field
updateCurrentTrace({ userID: 7 });
// @ts-expect-error the user is named by a text or a number
updateCurrentTrace({ userId: { id: 7 } });
const traceUpdate: TraceUpdate = { error: new Error('no'), output: undefined };
// What an app throws may be anything.
updateCurrentTrace({ error: 'no' });

// --- handles

declare const request: RequestTrace;
same<typeof request.signal, AbortSignal>(true);
same<typeof request.usage.tokens, number | undefined>(true);
same<typeof request.usage.unpricedCalls, number>(true);
same<typeof request.usage.unpriced, Readonly<Record<string, number>>>(true);
const asTrace: Trace = request;
const bound: (n: number, s: string) => boolean = request.bind((n: number, s: string) => !n && !s);
const waited: Promise<5> = request.waitUntil(Promise.resolve(5 as const));
same<ReturnType<Trace['recordError']>, void>(true);
for (const error of [new Error('x'), 'a text', undefined]) request.recordError(error);
// @ts-expect-error the error is left out
request.recordError();
const ran: number = request.run(() => 1);
const outcome: Outcome = 'completed';

// --- prices

const noPrices: Pricing = { price: () => undefined };
const halfADollar: Pricing = {
  price: ({ promptTokens, tokens, billing }) =>
    billing.isBatch === true || tokens?.cacheCreationHour ? undefined : (promptTokens ?? 0) * 0.5,
  unpriced: ({ billing }) => (billing.isBatch === true ? ['batch'] : []),
  ready: () => Promise.resolve(),
};
// @ts-expect-error prices are numbers
const asText: Pricing = { price: () => '0.5' };
// @ts-expect-error reasons come as a list
const asOne: Pricing = { price: () => undefined, unpriced: () => 'batch' };

export {
  anyStep,
  asOne,
  asText,
  asTrace,
  bound,
  count,
  five,
  found,
  halfADollar,
  kept,
  noPrices,
  options,
  outcome,
  plain,
  ran,
  text,
  traceUpdate,
  update,
  waited,
};

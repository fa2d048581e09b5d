// Rows of all shapes that the list has to do with, from a seed.

/** The same numbers for the same seed. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
    for (let i = 0; i < 5; i += 1) this.next();
  }

  /** From 0 to 1. */
  next(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) | 0;
    return (this.#state >>> 8) / 0x1000000;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  oneOf<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** The value, or undefined as often as not. */
  maybe<T>(value: T): T | undefined {
    return this.next() < 0.5 ? value : undefined;
  }
}

export const CONFIG = {
  outputColumnName: 'output',
  inputVariableNames: ['question'],
  latencyColumnName: 'latency',
  costColumnName: 'cost',
  timestampColumnName: 'inferenceTimestamp',
  inferenceIdColumnName: 'inferenceId',
  numOfTokenColumnName: 'tokens',
};

const START = 1_790_000_000;
const WORDS = ['weather', 'invoice', 'wealth', 'inventory', 'refund', '今天天气', '发票', 'über'];

/** Values repeat often, so that every order has equals and every filter has some. */
export function randomRow(chance: Chance, n: number): object {
  const question = Array.from({ length: 1 + chance.below(4) }, () => chance.oneOf(WORDS)).join(' ');
  const route = chance.oneOf(['/chat', '/search', '/agents/:id', null]);
  const isPython = chance.next() < 0.2;
  const startedAt = START + chance.below(20) * 60;
  const unit = isPython ? 1 : 1000;
  const http = {
    method: 'POST',
    route,
    status: chance.oneOf([200, 200, 404, 500, null]),
    outcome: chance.oneOf(['completed', 'completed', 'aborted', 'error', 'abandoned']),
    timeToFirstByteMs: chance.maybe(chance.below(30)),
  };
  const metadata = isPython
    ? { has_guardrails: false }
    : {
        ...chance.maybe({ http }),
        ...(chance.next() < 0.2 && { error: chance.oneOf(['timeout', { message: 'broken' }]) }),
        ...(chance.next() < 0.1 && { unrecordedSteps: 3 }),
      };
  const models = Array.from({ length: chance.below(3) }, (_, i) => ({
    name: 'call',
    id: `call-${n}-${i}`,
    type: 'chat_completion',
    inputs: { prompt: [{ role: 'user', content: question }] },
    output: chance.oneOf(['yes', 'no', '[redacted]', 'so long… [cut: 70 more characters]']),
    groundTruth: null,
    metadata: chance.maybe({ timeToFirstToken: chance.below(20) }) ?? {},
    steps: [],
    latency: 10,
    startTime: (startedAt + 1) * unit,
    endTime: (startedAt + 2) * unit,
    provider: 'openai',
    model: chance.oneOf(['gpt-5-mini', 'claude-sonnet-5', 'local']),
    modelParameters: null,
    promptTokens: chance.maybe(chance.below(5)) ?? null,
    completionTokens: chance.maybe(chance.below(5)) ?? null,
    tokens: chance.maybe(chance.below(10)) ?? null,
    cost: chance.maybe(chance.below(4) / 100) ?? null,
  }));
  return {
    inferenceTimestamp: startedAt,
    inferenceId: `id-${n}`,
    output: chance.oneOf(['fine', { answer: 'fine' }, null]),
    latency: chance.below(30),
    cost: chance.oneOf([null, 0, 0.5]),
    tokens: chance.oneOf([null, 0, 12]),
    question,
    ...chance.maybe({ user_id: `user-${chance.below(5)}` }),
    ...chance.maybe({ session_id: `session-${chance.below(9)}` }),
    ...(!isPython && { metadata }),
    steps: [
      {
        name: chance.oneOf(['POST /chat', 'answer', 'job']),
        id: `root-${n}`,
        type: 'user_call',
        inputs: { question },
        output: 'fine',
        groundTruth: null,
        metadata,
        steps: models,
        latency: chance.below(30),
        startTime: startedAt * unit,
        endTime: (startedAt + 3) * unit,
      },
    ],
  };
}

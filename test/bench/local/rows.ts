/** Rows of about 5 KB: a chat request with a retriever and a model call, the words drawn as in a natural language. */

const VOCABULARY_SIZE = 30_000;
const LETTERS = 'etaoinshrdlucmfwypvbgkqjxz';
const ROUTES = [
  '/chat/:id',
  '/search',
  '/agents/:name/run',
  '/summaries',
  '/translate',
  '/orders/:id',
];
const MODELS = [
  'gpt-5-mini',
  'claude-sonnet-5',
  'gemini-2.5-flash',
  'mistral-large-3',
  'llama-4-70b',
];

/** The same numbers for the same seed. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  /** From 0 to 1. */
  next(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) | 0;
    return (this.#state >>> 8) / 0x1000000;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }
}

const vocabulary = (() => {
  const chance = new Chance(11);
  return Array.from({ length: VOCABULARY_SIZE }, () => {
    const length = 3 + chance.below(8);
    let word = '';
    while (word.length < length) word += LETTERS[Math.floor(chance.next() * chance.next() * 26)];
    return word;
  });
})();

/** The word of that rank: 0 is in almost every row, the last in almost none. */
export function wordOf(rank: number): string {
  return vocabulary[Math.min(rank, VOCABULARY_SIZE - 1)] ?? '';
}

function textOf(chance: Chance, length: number): string {
  const words: string[] = [];
  for (let written = 0; written < length; ) {
    const word = wordOf(Math.floor(Math.exp(chance.next() * Math.log(VOCABULARY_SIZE))) - 1);
    words.push(word);
    written += word.length + 1;
  }
  return words.join(' ');
}

export const CONFIG = {
  outputColumnName: 'output',
  inputVariableNames: ['body', 'query', 'params'],
  latencyColumnName: 'latency',
  costColumnName: 'cost',
  timestampColumnName: 'inferenceTimestamp',
  inferenceIdColumnName: 'inferenceId',
  numOfTokenColumnName: 'tokens',
  userIdColumnName: 'user_id',
  sessionIdColumnName: 'session_id',
};

/** One of 40,000 users asks about ten questions in a session. */
export function rowOf(n: number, startedAt: number): object {
  const chance = new Chance(n * 7919 + 13);
  for (let i = 0; i < 3; i += 1) chance.next();
  const question = textOf(chance, 120);
  const answer = textOf(chance, 500);
  const documents = [0, 1].map((i) => ({
    title: textOf(chance, 20),
    text: textOf(chance, 350),
    score: 0.9 - i / 10,
  }));
  const latency = Math.round(80 + 4000 * chance.next() ** 3 + 200 * chance.next());
  const failed = chance.next() < 0.02;
  const aborted = !failed && chance.next() < 0.03;
  const model = MODELS[chance.below(MODELS.length)];
  const route = ROUTES[Math.floor(ROUTES.length * chance.next() ** 2)] ?? '';
  const promptTokens = 200 + chance.below(2000);
  const completionTokens = 20 + chance.below(400);
  const session = Math.floor(n / 10) * 10 + chance.below(3);
  const http = {
    method: 'POST',
    route,
    path: route.replace(/:\w+/, 'fees'),
    status: failed ? 500 : 200,
    outcome: failed ? 'error' : aborted ? 'aborted' : 'completed',
    timeToFirstByteMs: Math.round(latency * 0.3),
    bytes: answer.length,
  };
  const metadata = {
    plan: chance.next() < 0.2 ? 'pro' : 'free',
    http,
    ...(failed && { error: `cannot reach the ${textOf(chance, 10)} service` }),
  };
  const inputs = { body: { question }, query: {}, params: { id: `c-${chance.below(100_000)}` } };
  const id = (i: number) => `${hex(chance)}-2170-4d3d-b6a6-${String(i).padStart(12, '0')}`;
  const step = (name: string, type: string, from: number, took: number, fields: object) => ({
    name,
    id: id(from),
    type,
    inputs: null,
    output: null,
    groundTruth: null,
    metadata: {},
    steps: [],
    latency: took,
    startTime: startedAt + from,
    endTime: startedAt + from + took,
    ...fields,
  });
  const called = Math.round(latency * 0.8);
  const root = step(`POST ${route}`, 'user_call', 0, latency, {
    inputs,
    output: failed ? null : { answer },
    metadata,
    steps: [
      step('retrieve', 'retriever', 5, Math.round(latency * 0.1), { output: documents, documents }),
      step('OpenAI Chat Completion', 'chat_completion', latency - called, called, {
        inputs: { prompt: [{ role: 'user', content: question }] },
        output: failed ? null : answer,
        metadata: { timeToFirstToken: Math.round(called * 0.2), finishReason: 'stop' },
        provider: 'openai',
        promptTokens,
        completionTokens,
        tokens: promptTokens + completionTokens,
        cost: null,
        model,
        modelParameters: { temperature: 0.2 },
      }),
    ],
  });
  return {
    inferenceTimestamp: startedAt / 1000,
    inferenceId: `req-${n}-${hex(chance)}`,
    output: root.output,
    latency,
    cost: null,
    tokens: promptTokens + completionTokens,
    user_id: `user-${chance.below(40_000)}`,
    session_id: `session-${session}`,
    ...inputs,
    plan: metadata.plan,
    metadata,
    steps: [root],
  };
}

function hex(chance: Chance): string {
  return Math.floor(chance.next() * 0xffffffff)
    .toString(16)
    .padStart(8, '0');
}

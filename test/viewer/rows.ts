/** Rows as apps send them, made from a few words, for tests and pictures of the page. */

import { randomUUID } from 'node:crypto';

export type Json = Readonly<Record<string, unknown>>;

/** A step in short. Times are milliseconds since the request began. */
export interface Step {
  readonly name: string;
  readonly type?: string;
  readonly at?: number;
  readonly ms?: number;
  readonly inputs?: unknown;
  readonly output?: unknown;
  readonly metadata?: Json;
  readonly steps?: readonly Step[];
  /** Fields of its type, and whatever else it has. */
  readonly more?: Json;
}

export interface Request extends Omit<Step, 'at' | 'type'> {
  readonly id?: string;
  /** Epoch milliseconds. */
  readonly time?: number;
  readonly outcome?: string;
  readonly status?: number | null;
  readonly body?: unknown;
  readonly firstByte?: number;
  readonly user?: string;
  readonly session?: string;
  readonly columns?: Json;
}

export const PIPELINE = 'library';

const MODEL_FIELDS = 'provider promptTokens completionTokens tokens cost model modelParameters';
/** The fields that a step of each type has, known or not. */
const FIELDS: Readonly<Record<string, string>> = {
  chat_completion: MODEL_FIELDS,
  embedding: MODEL_FIELDS.replace(
    'completionTokens',
    'rawOutput embeddingDimensions embeddingCount',
  ),
  retriever: 'documents',
  tool: 'functionName arguments',
  guardrail:
    'action reason blockedEntities confidenceThreshold detectedEntities redactedEntities blockStrategy dataType',
};

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

/** The row of a request, in the form of this library. */
export function rowOf(request: Request): Json {
  const { name, ms = 100, time = Date.now(), outcome = 'completed', status = 200 } = request;
  const [method = 'POST', route = '/'] = name.split(' ');
  const body = request.body ?? null;
  const http = {
    method,
    route,
    path: route.replace(/:\w+/, '7'),
    status,
    outcome,
    timeToFirstByteMs: request.firstByte ?? Math.round(ms * 0.2),
  };
  const metadata = { ...request.metadata, http };
  const root = stepOf(
    {
      ...request,
      type: 'user_call',
      at: 0,
      ms,
      inputs: { body, query: null, params: null },
      metadata,
    },
    time,
  );
  return {
    inferenceTimestamp: time / 1000,
    inferenceId: request.id ?? `req-${randomUUID().slice(0, 8)}`,
    output: request.output ?? null,
    latency: ms,
    cost: null,
    tokens: null,
    user_id: request.user ?? null,
    session_id: request.session ?? null,
    body,
    query: null,
    params: null,
    metadata,
    ...request.columns,
    steps: [root],
  };
}

/** A step as it is sent. Children are made without recursion, because some traces of the tests are deep. */
export function stepOf(short: Step, begin: number): Json {
  const root = ownFields(short, begin);
  const open: { readonly short: Step; readonly made: { steps: Json[] } }[] = [
    { short, made: root },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const child of next.short.steps ?? []) {
      const made = ownFields(child, begin);
      next.made.steps.push(made);
      open.push({ short: child, made });
    }
  }
  return root;
}

function ownFields(short: Step, begin: number): { steps: Json[] } & Json {
  const { name, type = 'chain', at = 0, ms = 1 } = short;
  return {
    name,
    id: randomUUID(),
    type,
    inputs: short.inputs ?? null,
    output: short.output ?? null,
    groundTruth: null,
    metadata: short.metadata ?? {},
    latency: ms,
    startTime: begin + at,
    endTime: begin + at + ms,
    ...Object.fromEntries(
      (FIELDS[type] ?? '').split(' ').flatMap((field) => (field ? [[field, null]] : [])),
    ),
    ...short.more,
    steps: [],
  };
}

/** Sends rows as an app does. Throws what the server says where it refuses them. */
export async function send(
  server: { readonly url: string },
  rows: readonly Json[],
  config: Json = CONFIG,
): Promise<void> {
  const response = await fetch(`${server.url}/inference-pipelines/${PIPELINE}/data-stream`, {
    method: 'POST',
    headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
    body: textOf({ config, rows }),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  await response.arrayBuffer();
}

/** JSON of any depth: `JSON.stringify` recurses, and some traces of the tests are deeper than its stack. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  const parts: string[] = [];
  const open: (string | { readonly value: unknown })[] = [{ value }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === 'string') {
      parts.push(next);
      continue;
    }
    const { value: each } = next;
    if (typeof each !== 'object' || each === null) parts.push(JSON.stringify(each) ?? 'null');
    else {
      const isArray = Array.isArray(each);
      const members = Object.entries(each).filter(([, member]) => member !== undefined);
      open.push(isArray ? ']' : '}');
      for (const [place, [key, member]] of [...members.entries()].reverse()) {
        open.push({ value: member });
        if (!isArray) open.push(`${JSON.stringify(key)}:`);
        if (place > 0) open.push(',');
      }
      parts.push(isArray ? '[' : '{');
    }
  }
  return parts.join('');
}

/* Requests of a library's assistant. */

const TOOLS = [
  {
    type: 'function',
    function: {
      name: 'search_rooms',
      description: 'Rooms that are free at a time.',
      parameters: {
        type: 'object',
        properties: { day: { type: 'string' }, from: { type: 'string' } },
        required: ['day'],
      },
    },
  },
];

const DOCUMENTS = [
  {
    id: 'loans.md#2',
    title: 'Loans and renewals',
    text: 'A loan can be renewed twice, online or at the desk, unless somebody has reserved the book. The new date counts from the day of the renewal.',
    score: 0.912,
  },
  {
    id: 'fees.md#1',
    title: 'Fees',
    text: 'A late book costs 20 cents a day, at most 5 euros.',
    score: 0.611,
  },
  { id: 'hours.md#1', title: 'Opening hours', text: 'Open daily from nine to six.', score: 0.438 },
];

/** A question answered from documents. */
export function ragRequest(question: string, answer: string, more: Partial<Request> = {}): Json {
  const { ms = 1840 } = more;
  const call = Math.round(ms * 0.3);
  return rowOf({
    name: 'POST /chat',
    body: { question },
    output: { answer },
    ...more,
    ms,
    steps: [
      {
        name: 'check_question',
        type: 'guardrail',
        at: 3,
        ms: 38,
        inputs: { text: question },
        output: 'allow',
        more: { action: 'allow', reason: null },
      },
      {
        name: 'retrieve_context',
        type: 'retriever',
        at: 44,
        ms: call - 60,
        inputs: { query: question, topK: 3 },
        output: DOCUMENTS,
        more: { documents: DOCUMENTS },
        metadata: { topK: 3 },
        steps: [
          {
            name: 'OpenAI Embeddings',
            type: 'embedding',
            at: 46,
            ms: 90,
            inputs: { input: question },
            output: '[1536 numbers]',
            more: {
              provider: 'openai',
              model: 'text-embedding-3-small',
              promptTokens: 9,
              tokens: 9,
              cost: 0.00000018,
            },
          },
        ],
      },
      {
        name: 'OpenAI Chat Completion',
        type: 'chat_completion',
        at: call,
        ms: ms - call - 12,
        inputs: {
          prompt: [
            {
              role: 'system',
              content:
                'You answer questions about a public library. Use only the documents below, and say so where they do not help.\n\n1. A loan can be renewed twice, online or at the desk.\n2. A late book costs 20 cents a day.',
            },
            { role: 'user', content: question },
          ],
        },
        output: answer,
        more: {
          provider: 'openai',
          model: 'gpt-4o-mini',
          modelParameters: { temperature: 0.2, max_tokens: 400, stream: true },
          promptTokens: 412,
          completionTokens: 38,
          tokens: 450,
          cost: 0.0000846,
        },
        metadata: {
          finishReason: 'stop',
          timeToFirstToken: Math.round(ms * 0.12),
          chunkTimes: Array.from({ length: 36 }, (_, chunk) =>
            Math.round(ms * 0.12 + (chunk * (ms - call - 30 - ms * 0.12)) / 36),
          ),
        },
      },
    ],
  });
}

/** An agent that calls tools in turns. */
export function agentRequest(more: Partial<Request> = {}): Json {
  const question = 'Is a room for eight free on Friday after four? If so, reserve it.';
  const answer = 'Room 2.14 is free on Friday from 16:00, and I have reserved it for you.';
  const turns = [
    {
      role: 'system',
      content: 'You are the assistant of a library. Call tools where you need facts.',
    },
    { role: 'user', content: question },
  ];
  const call = (id: string, name: string, args: object) => ({
    role: 'assistant',
    content: null,
    tool_calls: [{ id, type: 'function', function: { name, arguments: JSON.stringify(args) } }],
  });
  const search = call('call_1', 'search_rooms', { day: 'Friday', from: '16:00', seats: 8 });
  const found = {
    rooms: [
      { id: '2.14', seats: 8 },
      { id: '3.01', seats: 20 },
    ],
  };
  const reserve = call('call_2', 'reserve_room', { room: '2.14', from: '16:00' });
  const model = (
    at: number,
    ms: number,
    prompt: readonly unknown[],
    output: unknown,
    tokens: number,
  ): Step => ({
    name: 'OpenAI Chat Completion',
    type: 'chat_completion',
    at,
    ms,
    inputs: { prompt, tools: TOOLS },
    output,
    more: {
      provider: 'openai',
      model: 'gpt-4o',
      modelParameters: { temperature: 0, parallel_tool_calls: false },
      promptTokens: tokens,
      completionTokens: 41,
      tokens: tokens + 41,
      cost: tokens * 0.0000025 + 0.00041,
    },
    metadata: {
      finishReason: 'tool_calls',
      timeToFirstToken: Math.round(ms * 0.4),
      reasoning: 'short',
    },
  });
  const results = (...all: [string, unknown][]) =>
    all.map(([id, value]) => ({ role: 'tool', tool_call_id: id, content: JSON.stringify(value) }));
  return rowOf({
    name: 'POST /agent',
    body: { question },
    output: { answer },
    ms: 4312,
    ...more,
    steps: [
      {
        name: 'room_agent',
        type: 'agent',
        at: 8,
        ms: 4280,
        inputs: { question },
        output: answer,
        steps: [
          model(
            12,
            1204,
            turns,
            {
              tool_calls: [
                {
                  name: 'search_rooms',
                  arguments: { day: 'Friday', from: '16:00', seats: 8 },
                  id: 'call_1',
                },
              ],
            },
            312,
          ),
          {
            name: 'search_rooms',
            type: 'tool',
            at: 1221,
            ms: 346,
            inputs: { day: 'Friday', from: '16:00', seats: 8 },
            output: found,
            more: {
              functionName: 'search_rooms',
              arguments: { day: 'Friday', from: '16:00', seats: 8 },
            },
          },
          model(
            1570,
            980,
            [...turns, search, ...results(['call_1', found])],
            {
              tool_calls: [
                { name: 'reserve_room', arguments: { room: '2.14', from: '16:00' }, id: 'call_2' },
              ],
            },
            391,
          ),
          {
            name: 'reserve_room',
            type: 'tool',
            at: 2555,
            ms: 512,
            inputs: { room: '2.14', from: '16:00' },
            output: { ok: true, reservation: 'R-5521' },
            more: { functionName: 'reserve_room' },
          },
          model(
            3070,
            1205,
            [
              ...turns,
              search,
              ...results(['call_1', found]),
              reserve,
              ...results(['call_2', { ok: true, reservation: 'R-5521' }]),
            ],
            answer,
            448,
          ),
        ],
      },
    ],
  });
}

/** A handler that failed in a step. */
export function failedRequest(more: Partial<Request> = {}): Json {
  const error = {
    error: "TypeError: Cannot read properties of undefined (reading 'choices')",
    errorType: 'TypeError',
    stack:
      "TypeError: Cannot read properties of undefined (reading 'choices')\n    at answer (/srv/library/src/chat.ts:41:19)\n    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)\n    at async handle (/srv/library/src/app.ts:22:18)\n    at async run (/srv/library/node_modules/express/lib/router/layer.js:95:5)",
    Exceptions: "Cannot read properties of undefined (reading 'choices')",
  };
  return rowOf({
    name: 'POST /chat',
    body: { question: 'What did the council decide about parking?' },
    output: { error: 'Internal Server Error' },
    ms: 512,
    outcome: 'error',
    status: 500,
    ...more,
    metadata: { ...error, ...more.metadata },
    steps: [
      {
        name: 'retrieve_context',
        type: 'retriever',
        at: 4,
        ms: 120,
        inputs: { query: 'parking' },
        output: [],
      },
      {
        name: 'answer',
        type: 'chain',
        at: 126,
        ms: 380,
        inputs: { question: 'parking' },
        metadata: error,
      },
    ],
  });
}

const QUESTIONS: readonly (readonly [string, string])[] = [
  [
    'How often can I renew a loan?',
    'Twice, online or at the desk, unless somebody has reserved the book.',
  ],
  ['What does a late book cost?', '20 cents a day, at most 5 euros for each book.'],
  ['When are you open on Sundays?', 'From nine to six, as on all other days.'],
  [
    'Can I return a book at another branch?',
    'Yes. It goes back by van, and counts as returned on the day you leave it.',
  ],
  [
    'Do you have the collected letters of Ada Lovelace?',
    'One copy is at the central branch; it is on the shelf now.',
  ],
  [
    'Translate the house rules into Portuguese, please.',
    'Claro. 1. Fale baixo. 2. Não coma nas salas de leitura. 3. Devolva os livros a tempo.',
  ],
];

/** A day of an app, the newest request last. */
export function dayOfRequests(count: number, now = Date.now()): Json[] {
  const rows: Json[] = [];
  let seed = 11;
  const random = () => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647;
  };
  for (let place = 0; place < count; place++) {
    const age = ((count - place) / count) ** 2 * 20 * 3_600_000 + 4000;
    const [question = '', answer = ''] = QUESTIONS[place % QUESTIONS.length] ?? [];
    const more: Partial<Request> = {
      time: Math.round(now - age),
      ms: Math.round(420 + random() ** 3 * 7000),
      user: ['ada', 'grace', 'linus', 'barbara', 'edsger'][place % 5] ?? 'ada',
      session: `visit-${Math.floor(place / 4)}`,
    };
    const kind = place % 23;
    if (kind === 5) rows.push(failedRequest({ ...more, ms: 512 }));
    else if (kind === 9 || kind === 17) rows.push(agentRequest({ ...more, ms: 4312 }));
    else if (kind === 12)
      rows.push(ragRequest(question, answer.slice(0, 20), { ...more, outcome: 'aborted' }));
    else if (kind === 19)
      rows.push(ragRequest(question, '', { ...more, outcome: 'interrupted', status: null }));
    else rows.push(ragRequest(question, answer, more));
  }
  return rows;
}

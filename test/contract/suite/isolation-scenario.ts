/** Many requests at once through a handler that uses every way to say something about its trace. */

import assert from 'node:assert/strict';
import {
  addStep,
  currentTrace,
  getTrace,
  startStep,
  step,
  trace,
  updateCurrentStep,
  updateCurrentTrace,
} from '@openlayer-tracing/core';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { postJson } from '../harness/clients.ts';
import type { App, Call } from '../harness/frameworks.ts';
import { pause } from '../harness/pause.ts';
import { printed, type Stage, treeOf } from '../harness/stage.ts';

export function defineWork(app: App): void {
  app.route('POST', '/work/:n', async (call) => {
    const n = Number(call.params.n);
    const strays: string[] = [];
    const look = (where: string) => {
      const seen = [currentTrace()?.inferenceId, call.trace.inferenceId];
      seen.push(getTrace(call.raw)?.inferenceId);
      if (seen.some((id) => id !== `req-${n}`)) strays.push(`${where}: ${seen}`);
    };
    look('at the start');
    const plan = await planned(call, n, look);
    look('after the plan');
    const answer = await step({ name: 'write', type: 'chat_completion' }, async (writing) => {
      await pause(n + 2);
      writing.update({ model: `model-${n}`, promptTokens: n, completionTokens: 1, tokens: n + 1 });
      return `answer ${n}`;
    });
    look('at the end');
    return { json: { n, plan: plan.length, answer, strays } };
  });
}

function planned(call: Call, n: number, look: (where: string) => void): Promise<string[]> {
  return call.trace.step({ name: 'plan', type: 'chain', metadata: { n } }, async () => {
    await pause(n);
    updateCurrentTrace({ userId: `user-${n}`, sessionId: `session-${n}`, metadata: { n } });
    const found = await Promise.all([retrieved(n, look), tooled(n, look), scored(n)]);
    await pause(n + 1);
    updateCurrentTrace({ metadata: { second: `second-${n}` } });
    look('in the plan');
    return found;
  });
}

function retrieved(n: number, look: (where: string) => void): Promise<string> {
  return step({ name: 'retrieve', type: 'retriever' }, async (retrieving) => {
    for (let turn = 0; turn < 4; turn++) await pause(n + turn);
    retrieving.update({ documents: [`document ${n}`] });
    updateCurrentStep({ metadata: { retrieved: n } });
    look('in the retriever');
    return `left ${n}`;
  });
}

async function tooled(n: number, look: (where: string) => void): Promise<string> {
  const tool = startStep({ name: 'look up', type: 'tool', functionName: 'lookUp' });
  const found = await tool.run(async () => {
    await pause(n + 1);
    look('in the tool');
    addStep({ name: 'cached', latency: 1, output: `cached ${n}` });
    return deepest(n);
  });
  tool.update({ output: found });
  tool.end();
  return `right ${n}`;
}

const deepest = trace(
  async (n: number) => {
    await pause(n + 2);
    await new Promise<void>((resolve) => setTimeout(resolve, 2));
    updateCurrentStep({ metadata: { deepest: n } });
    return `deep ${n}`;
  },
  { name: 'deepest', params: ['n'] },
);

const scored = trace(
  async (n: number) => {
    await pause(n);
    return `score ${n}`;
  },
  { name: 'score', type: 'function_call' },
);

/** What the trace of request `n` must look like, in all. */
export function workTree(n: number): string {
  return printed(`
req-${n}  completed  200
   {"n":${n},"second":"second-${n}","http":{"method":"POST","route":"/work/:n","path":"/work/${n}","status":200,"outcome":"completed","bytes":BYTES}}
└─ POST /work/:n [user_call]  → {"n":${n},"plan":3,"answer":"answer ${n}","strays":[]}
   │  {"n":${n},"second":"second-${n}","http":{"method":"POST","route":"/work/:n","path":"/work/${n}","status":200,"outcome":"completed","bytes":BYTES}}
   ├─ plan [chain]  → ["left ${n}","right ${n}","score ${n}"]
   │  │  {"n":${n}}
   │  ├─ retrieve [retriever]  → "left ${n}"
   │  │     {"retrieved":${n}}
   │  ├─ look up [tool]  → "deep ${n}"
   │  │  ├─ cached [user_call]  → "cached ${n}"
   │  │  └─ deepest [user_call]  → "deep ${n}"
   │  │        {"deepest":${n}}
   │  └─ score [function_call]  → "score ${n}"
   └─ write [chat_completion]  model-${n}  ${n}+1 tokens  → "answer ${n}"
`);
}

/** Sends request `n`; the answer must be its own and carry its id. */
export async function sendWork(
  url: string,
  n: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const sent = { 'x-request-id': `req-${n}`, ...headers };
  await checkAnswer(await postJson(`${url}/work/${n}`, { question: `question ${n}` }, sent), n);
}

/** How the row shows the file of `sendUpload`. */
export function uploadMark(n: number): string {
  return `[file-${n}.txt, application/octet-stream, ${1000 * `file ${n} `.length} bytes]`;
}

/** The same with a file, in a form. */
export async function sendUpload(url: string, n: number): Promise<void> {
  const body = new FormData();
  body.set('question', `question ${n}`);
  body.set('file', new Blob([`file ${n} `.repeat(1000)]), `file-${n}.txt`);
  const headers = { 'x-request-id': `req-${n}` };
  await checkAnswer(await fetch(`${url}/work/${n}`, { method: 'POST', headers, body }), n);
}

export async function checkAnswer(response: Response, n: number): Promise<void> {
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('x-request-id'), `req-${n}`);
  assert.deepEqual(await response.json(), { n, plan: 3, answer: `answer ${n}`, strays: [] });
}

/** Each of the first `count` requests has one row, which is its own in every part. */
export async function checkWork(
  stage: Stage,
  count: number,
  fileOf?: (n: number) => string,
): Promise<void> {
  const rows = await stage.rows(count);
  const byId = new Map(rows.map((row) => [row.inferenceId, row]));
  assert.equal(byId.size, count);
  for (let n = 0; n < count; n++) {
    const row = byId.get(`req-${n}`);
    assert(row !== undefined, `no row of request ${n}`);
    assert.equal(treeOf(row).replaceAll(/"bytes":\d+/g, '"bytes":BYTES'), workTree(n));
    assert.deepEqual(columnsOf(row), {
      body: {
        question: `question ${n}`,
        ...(fileOf !== undefined && { file: fileOf(n) }),
      },
      query: null,
      params: { n: String(n) },
      user_id: `user-${n}`,
      session_id: `session-${n}`,
      tokens: n + 1,
      n,
      second: `second-${n}`,
    });
  }
}

/** The row but for what its tree shows. */
function columnsOf(row: WireRow): Readonly<Record<string, unknown>> {
  const { inferenceId, inferenceTimestamp, latency, cost, output, metadata, steps, ...rest } = row;
  return rest;
}

/** All at once. */
export async function sendAll(count: number, send: (n: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, n) => send(n)));
}

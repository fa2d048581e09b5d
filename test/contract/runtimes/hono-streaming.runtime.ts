/** The streaming example, as its users start it on the runtime that the environment names. */

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { LOCAL_MODEL, startLocalModel } from 'example-local-model';
import { startProcess } from '../../support/child.ts';
import { startCollector } from '../../support/collector.ts';
import { printed, stepsOf } from '../harness/stage.ts';
import { bundleWorker } from './bundle-worker.ts';
import { startWorker } from './start-worker.ts';
import { COMPATIBILITY_DATE, KIND, PROGRAM, RUNTIME } from './under-test.ts';

interface Example extends AsyncDisposable {
  readonly url: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const STARTS: Readonly<Record<string, (env: Environment) => Promise<Example>>> = {
  Bun: (env) => serving([built('bun.js')], env),
  Deno: (env) => serving(['run', '--allow-net', '--allow-env', built('deno.js')], env),
  workerd: async (env) => {
    const variables = Object.keys(env).filter((name) => /^(OPENAI|OPENLAYER)_/.test(name));
    const settings = { compatibilityDate: COMPATIBILITY_DATE, variables };
    const worker = await startWorker(
      PROGRAM,
      await bundleWorker(built('worker.js')),
      settings,
      env,
    );
    const end = () => worker[Symbol.asyncDispose]();
    return { url: `http://127.0.0.1:${worker.ports.app}`, [Symbol.asyncDispose]: end };
  },
};

describe(`Hono 4 on ${RUNTIME}, the streaming example`, () => {
  it('streams an answer, as one trace, and keeps that of an answer that its reader left', async () => {
    await using collector = await startCollector();
    const model = await startLocalModel({ tokenDelayMs: 20 });
    await using example = await startExample({
      ...process.env,
      PORT: '0',
      OPENLAYER_API_KEY: 'test-key',
      OPENLAYER_INFERENCE_PIPELINE_ID: collector.tracer.inferencePipelineId,
      OPENLAYER_BASE_URL: collector.server.url,
      // Workers have no model of their own; elsewhere the example starts one.
      ...(KIND === 'workerd' && {
        OPENAI_API_KEY: 'none needed',
        OPENAI_BASE_URL: model.url,
        OPENAI_MODEL: LOCAL_MODEL,
      }),
    });

    const whole = await ask(example, 'steps');
    assert.equal(whole.headers.get('content-type'), 'text/event-stream');
    assert.equal(whole.headers.get('x-request-id'), 'steps');
    assert.match(await whole.text(), /data: \{"type":"finish","inferenceId":"steps"\}\n\n$/);
    assert.equal(
      stepsOf(await collector.row('steps')),
      printed(`
steps  completed  200
└─ POST /chat [user_call]  → "“The climb is 187 steps.”"
   ├─ build_prompt [chain]  → [{"role":"system","content":"You are the guide of a lighthouse. Answer f…
   └─ OpenAI Chat Completion [chat_completion]  local-extractive  159+7 tokens  → "“The climb is 187 steps.”"
`),
    );

    const leaving = new AbortController();
    const left = await ask(example, 'left', leaving.signal);
    await left.body?.getReader().read();
    leaving.abort();
    assert.match(
      stepsOf(await collector.row('left')),
      /^left {2}aborted {2}200\n└─ POST \/chat \[user_call\]/,
    );
    await model.close();
  });
});

async function startExample(env: Environment): Promise<Example> {
  const start = STARTS[KIND];
  if (start === undefined)
    throw new Error(`CONTRACT_RUNTIME begins with none of ${Object.keys(STARTS)}`);
  return start(env);
}

/** Its greeting has the address. */
async function serving(args: readonly string[], env: Environment): Promise<Example> {
  const process = startProcess([PROGRAM, ...args], { env });
  const [, port] = /http:\/\/localhost:(\d+)/.exec(await process.line()) ?? [];
  const end = () => process[Symbol.asyncDispose]();
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: end };
}

function ask({ url }: Example, id: string, signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': id },
    body: JSON.stringify({ question: 'How many steps is the climb?', user: 'ada' }),
    ...(signal && { signal }),
  });
}

function built(file: string): string {
  return fileURLToPath(new URL(`../../../examples/hono-streaming/dist/${file}`, import.meta.url));
}

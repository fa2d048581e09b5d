/**
 * Each call of a client is one step, with its tokens once, whichever instrumentations of OpenTelemetry are beside our
 * integration; and the client behaves as it does with these instrumentations alone.
 */

import assert from 'node:assert/strict';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { type Ran, runLab, type Setup, stepsBelow, tree } from './lab.ts';

const SDK_2: Setup = { sdk: 2, node: 'Node 20' };
const SDK_3: Setup = { sdk: 3, node: 'Node 24' };

interface Beside {
  readonly client: string;
  readonly instrumentations: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly setup?: Setup;
  /** Steps around the call that only spans tell of. */
  readonly around?: RegExp;
  /** Whether the calls may come in another order. */
  readonly isUnordered?: boolean;
}

/** The HTTP request by which a tool is called. */
const TRANSPORT = /^.*POST \[function_call\].*\n/gm;

const MATRIX: readonly Beside[] = [
  { client: 'openai', instrumentations: 'openinference-openai' },
  { client: 'openai', instrumentations: 'traceloop-openai' },
  { client: 'openai', instrumentations: 'otel-openai' },
  { client: 'openai', instrumentations: 'openinference-openai,otel-openai' },
  { client: 'openai', instrumentations: 'openinference-openai,traceloop-openai' },
  { client: 'openai', instrumentations: 'openinference-openai', setup: SDK_3 },
  { client: 'openai', instrumentations: 'otel-openai', setup: SDK_3 },
  { client: 'anthropic', instrumentations: 'openinference-anthropic' },
  { client: 'anthropic', instrumentations: 'traceloop-anthropic' },
  { client: 'bedrock', instrumentations: 'openinference-bedrock' },
  { client: 'bedrock', instrumentations: 'traceloop-bedrock' },
  { client: 'bedrock', instrumentations: 'otel-aws' },
  { client: 'bedrock', instrumentations: 'openinference-bedrock,otel-aws' },
  { client: 'cohere', instrumentations: 'traceloop-cohere' },
  { client: 'together', instrumentations: 'traceloop-together' },
  { client: 'mcp', instrumentations: 'openinference-mcp', around: TRANSPORT },
  { client: 'mcp', instrumentations: 'traceloop-mcp', around: TRANSPORT },
  // Nobody has instrumentations of these clients: their requests are spans, which are left out below the call.
  { client: 'mistral', instrumentations: '' },
  { client: 'google-genai', instrumentations: '' },
  { client: 'groq', instrumentations: '' },
  { client: 'ollama', instrumentations: '' },
  { client: 'langchain', instrumentations: '' },
  { client: 'langchain', instrumentations: 'openinference-openai' },
  { client: 'langchain', instrumentations: '', env: { LANGCHAIN_SPANS: 'yes' } },
  {
    client: 'langchain',
    instrumentations: '',
    env: { LANGCHAIN_SPANS: 'traceloop' },
    // This instrumentation replaces the callbacks that a run inherits: LangChain forgets the parents of runs.
    isUnordered: true,
  },
  {
    client: 'langchain',
    instrumentations: 'openinference-openai',
    env: { LANGCHAIN_SPANS: 'yes' },
  },
  { client: 'ai-sdk', instrumentations: '' },
  {
    client: 'ai-sdk',
    instrumentations: '',
    env: { AI_TELEMETRY: 'yes' },
    around: /^.*(invoke_agent gpt-5-mini \[agent\]|step 1 \[chain\]).*\n/gm,
  },
];

function run(beside: Beside, doors: boolean, spans: boolean): Promise<Ran> {
  const { client, instrumentations, env, setup = SDK_2 } = beside;
  return runLab('calls', 'all', {
    setup,
    env: {
      CLIENT: client,
      INSTRUMENTATIONS: instrumentations,
      DOORS: doors ? 'yes' : 'no',
      TRACED: spans ? 'yes' : 'no',
      ...env,
    },
  });
}

/** The calls of each request, as they are printed. */
function callsOf(ran: Ran, { around, isUnordered }: Partial<Beside> = {}): Record<string, string> {
  const nameOf = (row: WireRow) => String((row.body as { name: unknown }).name);
  const printed = (row: WireRow) =>
    `${tree(row)}\n`
      .split('\n')
      .slice(2)
      .join('\n')
      .replace(around ?? /$^/, '')
      .replace(/^[ │├└─]+/gm, '');
  const inOrder = (lines: string) => (isUnordered ? lines.split('\n').sort().join('\n') : lines);
  return Object.fromEntries(
    ran.rows.map((row) => [nameOf(row), `${row.tokens}\n${inOrder(printed(row))}`]),
  );
}

const isOfChain = (row: WireRow) => stepsBelow(row).some(({ type }) => type === 'chain');

const alone = new Map<string, Promise<Ran>>();

/** The client with our integration alone. */
function traced(client: string, setup: Setup): Promise<Ran> {
  const key = `${client} ${setup.sdk}`;
  const known = alone.get(key) ?? run({ client, instrumentations: '', setup }, true, false);
  alone.set(key, known);
  return known;
}

/** What differs between two runs of the same. */
function comparable(seen: unknown): unknown {
  const text = JSON.stringify(seen).replace(/127\.0\.0\.1:\d+/g, 'HOST');
  return JSON.parse(text.replace(/"(id|created|created_at|_request_id)":("[^"]*"|\d+)/g, '"$1":0'));
}

for (const beside of MATRIX) {
  const { client, instrumentations, env = {}, setup = SDK_2 } = beside;
  const settings = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  const names = [instrumentations, ...settings].filter(Boolean).join(', ');
  describe(`${client} beside ${names || 'instrumentations of HTTP'}, SDK ${setup.sdk}`, () => {
    let both: Ran;

    before(async () => {
      both = await run(beside, true, true);
    });

    it('failure 9: records each call once, as without them', async () => {
      const expected = callsOf(await traced(client, setup), { ...beside, around: /$^/ });
      assert.ok(Object.keys(expected).length >= 3);
      assert.deepEqual(callsOf(both, beside), expected);
    });

    it('leaves what the app sees as it is', async () => {
      const bare = await run(beside, false, false);
      assert.deepEqual(comparable(both.seen), comparable(bare.seen));
    });

    it('records each call once without our integration', async () => {
      const spans = await run(beside, false, true);
      for (const row of spans.rows) {
        const { name } = row.body as { name: string };
        const calls = stepsBelow(row).filter(({ type }) => /chat_completion|embedding/.test(type));
        const expected = name === 'two at once' ? 2 : 1;
        // The spans that two instrumentations have of a call within a chain have different parents.
        if (isOfChain(row) && instrumentations !== '') continue;
        const hasSpans = names !== '';
        assert.ok(calls.length <= expected, tree(row));
        if (hasSpans && calls.length > 0) assert.equal(calls.length, expected, tree(row));
      }
    });
  });
}

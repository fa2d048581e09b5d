/** W3C Trace Context, level 2: what becomes of the headers of a caller, and what goes to called services. */

import assert from 'node:assert/strict';
import { logFields, step } from '@openlayer-tracing/core';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { rawGet } from '../harness/clients.ts';
import type { App, Framework } from '../harness/frameworks.ts';
import { type Stage, stageOf } from '../harness/stage.ts';

const TRACE_ID = '12345678901234567890123456789012';
const PARENT_ID = '1234567890123456';
const VALID = `00-${TRACE_ID}-${PARENT_ID}-00`;

/** 40 digits of ids, of which `length` are taken. */
const digits = (length: number) => '1234567890'.repeat(4).slice(0, length);
const members = (count: number) => Array.from({ length: count }, (_, i) => `bar${i}=${i}`).join();

interface Case {
  readonly name: string;
  /** Header lines as they are sent. */
  readonly headers: readonly string[];
}

const CONTINUED: readonly Case[] = [
  { name: 'is valid', headers: [`traceparent: ${VALID}`] },
  ...['TraceParent', 'TrAcEpArEnT', 'TRACEPARENT'].map((name) => ({
    name: `is called ${name}`,
    headers: [`${name}: ${VALID}`],
  })),
  { name: 'has flags that are not known', headers: [`traceparent: ${VALID.slice(0, -2)}ff`] },
  { name: 'has spaces around it', headers: [`traceparent:  \t ${VALID} \t `] },
  { name: 'is of a later version', headers: [`traceparent: cc${VALID.slice(2)}`] },
  {
    name: 'is of a later version, which adds something',
    headers: [`traceparent: cc${VALID.slice(2)}-what-the-future-will-be-like`],
  },
];

const traceparent = (value: string, name = `is ${value}`): Case => ({
  name,
  headers: [`traceparent: ${value}`],
});

const RESTARTED: readonly Case[] = [
  { name: 'is missing', headers: [] },
  { name: 'is empty', headers: ['traceparent: '] },
  { name: 'is sent twice', headers: [`traceparent: ${VALID}`, `traceparent: ${VALID}`] },
  { name: 'is called trace-parent', headers: [`trace-parent: ${VALID}`] },
  { name: 'is called trace.parent', headers: [`trace.parent: ${VALID}`] },
  { name: 'is missing beside a tracestate', headers: ['tracestate: foo=1'] },
  traceparent(`${VALID}.`),
  traceparent(`${VALID}-what-the-future-will-be-like`),
  traceparent(`cc${VALID.slice(2)}.what-the-future-will-not-be-like`),
  traceparent(`ff${VALID.slice(2)}`),
  ...['.0', '0.', '000', '0000', '0'].map((version) => traceparent(`${version}${VALID.slice(2)}`)),
  ...['0'.repeat(32), `.${digits(31)}`, `${digits(31)}.`, digits(33), digits(31), digits(0)].map(
    (id) => traceparent(`00-${id}-${PARENT_ID}-01`),
  ),
  ...['0'.repeat(16), `.${digits(15)}`, `${digits(15)}.`, digits(17), digits(15)].map((id) =>
    traceparent(`00-${TRACE_ID}-${id}-01`),
  ),
  ...['.0', '0.', '001', '1', ''].map((flags) =>
    traceparent(`00-${TRACE_ID}-${PARENT_ID}-${flags}`),
  ),
  traceparent(`00-${'ABCDEF'.padEnd(32, '1')}-${PARENT_ID}-01`, 'is in upper case'),
];

interface StateCase extends Case {
  /** What is sent on, without white space between members; undefined for nothing. */
  readonly sent: string | undefined;
}

const state = (
  value: string,
  sent: string | undefined = value,
  name = `is ${value}`,
): StateCase => ({
  name,
  headers: [`tracestate: ${value}`],
  sent,
});
const invalid = (value: string, name?: string): StateCase => ({
  ...state(value, undefined, name),
  sent: undefined,
});

const STATES: readonly StateCase[] = [
  state('foo=1,bar=2'),
  { name: 'is called TraceState', headers: ['TraceState: foo=1'], sent: 'foo=1' },
  { name: 'is called trace-state', headers: ['trace-state: foo=1'], sent: undefined },
  { name: 'is empty', headers: ['tracestate: '], sent: undefined },
  {
    name: 'is sent in parts',
    headers: ['tracestate: foo=1,bar=2', 'tracestate: rojo=1,congo=2', 'tracestate: baz=3'],
    sent: 'foo=1,bar=2,rojo=1,congo=2,baz=3',
  },
  {
    name: 'is sent in parts of which one is empty',
    headers: ['tracestate: foo=1', 'tracestate: '],
    sent: 'foo=1',
  },
  state('foo=1,foo=2', undefined, 'has a key twice'),
  state('foo=1 \t , \t bar=2, \t baz=3', 'foo=1,bar=2,baz=3', 'has white space between members'),
  state('foo=1,,bar=2', 'foo=1,,bar=2', 'has an empty member'),
  state(
    `${'abcdefghijklmnopqrstuvwxyz0123456789_-*/'}@a-z=${Array.from({ length: 94 }, (_, i) =>
      String.fromCharCode(33 + i),
    )
      .filter((c) => c !== ',' && c !== '=')
      .join('')}`,
    undefined,
    'has every character that is allowed',
  ),
  state('foo@@bar=1,bar@=2'),
  state(members(32), undefined, 'has 32 members'),
  invalid(members(33), 'has 33 members'),
  state(`${'z'.repeat(256)}=1`, undefined, 'has a key of 256 characters'),
  invalid(`${'z'.repeat(257)}=1`, 'has a key of 257 characters'),
  state(`foo=${'z'.repeat(256)}`, undefined, 'has a value of 256 characters'),
  invalid(`foo=${'z'.repeat(257)}`, 'has a value of 257 characters'),
  ...['foo =1', 'FOO=1', 'foo.bar=1', '@foo=1,bar=2', '_foo=1', 'foo', '=1'].map((value) =>
    invalid(value),
  ),
  ...['foo=bar=baz', 'foo=,bar=3', 'foo=é'].map((value) => invalid(value)),
].map((each) => ({ ...each, sent: each.sent?.replace(/[ \t]/g, '') }));

/** An app that tells the headers which it would send from a step. */
function define(app: App): void {
  app.route('GET', '/', ({ trace }) => ({
    json: {
      traceId: trace.traceId,
      fromRoot: trace.headers(),
      fromStep: step('call', () => trace.headers()),
      logged: step('log', () => logFields()),
    },
  }));
  app.route('GET', '/quiet', () => ({ text: 'quiet' }));
}

interface Told {
  readonly traceId: string;
  readonly fromRoot: Readonly<Record<string, string>>;
  readonly fromStep: Readonly<Record<string, string>>;
  readonly logged: Readonly<Record<string, string>>;
}

async function ask(stage: Stage, headers: readonly string[], path = '/'): Promise<Told> {
  const response = await rawGet(stage.port, path, headers);
  assert.match(response, /^HTTP\/1.1 200/);
  return JSON.parse(/\{.*\}/s.exec(response)?.[0] ?? '') as Told;
}

/** The parts of a header that this library wrote. */
function partsOf(header: string | undefined): { traceId: string; spanId: string; flags: string } {
  const [, traceId = '', spanId = '', flags = ''] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(header ?? '') ?? [];
  assert.notEqual(traceId, '', `${header} is no traceparent`);
  assert.doesNotMatch(traceId, /^0+$/);
  assert.doesNotMatch(spanId, /^0+$/);
  return { traceId, spanId, flags };
}

interface OtelMetadata {
  readonly span_id: string;
  readonly parent_span_id?: string;
  readonly sampled?: boolean;
  readonly links?: readonly { readonly trace_id: string; readonly span_id: string }[];
}

const otelOf = (row: WireRow) => row.metadata?.otel as OtelMetadata | undefined;

export function traceContext(framework: Framework): void {
  describe('the trace of the caller', () => {
    it('is continued if its traceparent can be read, and else left', async () => {
      await using stage = await stageOf(framework, { define });
      const all = [
        ...CONTINUED.map((each) => ({ ...each, isContinued: true })),
        ...RESTARTED.map((each) => ({ ...each, isContinued: false })),
      ];
      for (const [i, { name, headers, isContinued }] of all.entries()) {
        const id = `case-${i}`;
        const told = await ask(stage, [...headers, `x-request-id: ${id}`]);
        const root = partsOf(told.fromRoot.traceparent);
        const inner = partsOf(told.fromStep.traceparent);
        const what = `a traceparent that ${name}`;
        assert.equal(root.traceId === TRACE_ID, isContinued, what);
        assert.equal(inner.traceId, root.traceId, what);
        assert.equal(told.traceId, root.traceId, what);
        // Each operation has an id of its own.
        assert.equal(new Set([root.spanId, inner.spanId, PARENT_ID]).size, 3, what);
        assert.equal(told.fromRoot['x-request-id'], id);
        assert.equal(told.fromRoot.tracestate, undefined, what);
        assert.equal(told.logged.trace_id, root.traceId);
        assert.equal(told.logged.inference_id, id);
        assert.match(told.logged.span_id ?? '', /^[0-9a-f]{16}$/);
        const row = await stage.row(id);
        assert.equal(row.trace_id, root.traceId, what);
        assert.equal(row.metadata?.trace_id, root.traceId, what);
        assert.equal(otelOf(row)?.span_id, root.spanId, what);
        assert.equal(otelOf(row)?.parent_span_id, isContinued ? PARENT_ID : undefined, what);
        assert.equal(otelOf(row)?.links, undefined, what);
      }
    });

    it('has flags: sampled goes out for what is recorded, random as it came, others not', async () => {
      await using stage = await stageOf(framework, { define });
      for (const [came, goes] of [
        ['00', '01'],
        ['01', '01'],
        ['02', '03'],
        ['03', '03'],
        ['fc', '01'],
      ] as const) {
        const id = `flags-${came}`;
        const headers = [`traceparent: ${VALID.slice(0, -2)}${came}`, `x-request-id: ${id}`];
        const { fromRoot, logged } = await ask(stage, headers);
        assert.equal(partsOf(fromRoot.traceparent).flags, goes, came);
        assert.equal(logged.trace_flags, goes);
        assert.equal(otelOf(await stage.row(id))?.sampled, came === '01' || came === '03');
      }
      const own = await ask(stage, ['x-request-id: flags-new']);
      assert.equal(partsOf(own.fromRoot.traceparent).flags, '03');
      assert.equal(otelOf(await stage.row('flags-new'))?.sampled, undefined);
    });

    it('has a tracestate, which is sent on as it came if it is valid', async () => {
      await using stage = await stageOf(framework, { define });
      for (const { name, headers, sent } of STATES) {
        const { fromStep } = await ask(stage, [`traceparent: ${VALID}`, ...headers]);
        const what = `a tracestate that ${name}`;
        assert.equal(fromStep.tracestate?.replace(/[ \t]/g, '').replace(/,$/, ''), sent, what);
        assert.equal(partsOf(fromStep.traceparent).traceId, TRACE_ID, what);
      }
      await stage.rows(STATES.length);
    });

    it('gives its id to traces that nobody asked for one', async () => {
      await using stage = await stageOf(framework, { define });
      await rawGet(stage.port, '/quiet', [`traceparent: ${VALID}`, 'x-request-id: called']);
      await rawGet(stage.port, '/quiet', ['x-request-id: alone']);
      assert.equal((await stage.row('called')).trace_id, TRACE_ID);
      const alone = await stage.row('alone');
      assert.equal(alone.trace_id, undefined);
      assert.equal(alone.metadata?.otel, undefined);
    });

    it('is shared by several requests, whose rows stay their own', async () => {
      await using stage = await stageOf(framework, { define });
      const told = await Promise.all(
        [1, 2, 3].map((n) => ask(stage, [`traceparent: ${VALID}`, `x-request-id: shared-${n}`])),
      );
      const spans = told.map(({ fromRoot }) => partsOf(fromRoot.traceparent).spanId);
      assert.equal(new Set(spans).size, 3);
      for (const row of await stage.rows(3)) assert.equal(row.trace_id, TRACE_ID);
    });

    it('is not joined if the caller is not trusted, and linked', async () => {
      await using stage = await stageOf(framework, {
        define,
        options: { traceContext: { trust: ({ header }) => header('x-secret') === 'mine' } },
      });
      const headers = [`traceparent: ${VALID}`, 'tracestate: foo=1'];
      const stranger = await ask(stage, [...headers, 'x-request-id: stranger']);
      assert.notEqual(stranger.traceId, TRACE_ID);
      assert.equal(stranger.fromRoot.tracestate, undefined);
      const { links, parent_span_id } = otelOf(await stage.row('stranger')) ?? {};
      assert.deepEqual(links, [{ trace_id: TRACE_ID, span_id: PARENT_ID }]);
      assert.equal(parent_span_id, undefined);
      const friend = await ask(stage, [...headers, 'x-secret: mine', 'x-request-id: friend']);
      assert.equal(friend.traceId, TRACE_ID);
      assert.equal(friend.fromRoot.tracestate, 'foo=1');
      assert.equal(otelOf(await stage.row('friend'))?.links, undefined);
    });

    it('leaves nothing of a caller that is ignored', async () => {
      await using stage = await stageOf(framework, {
        define,
        options: { inferenceId: { trust: false }, traceContext: { restart: 'ignore' } },
      });
      await rawGet(stage.port, '/quiet', [`traceparent: ${VALID}`]);
      const row = await stage.only();
      assert.equal(row.trace_id, undefined);
      assert.equal(row.metadata?.otel, undefined);
    });

    it('is passed on unchanged where nothing is recorded', async () => {
      await using stage = await stageOf(framework, {
        define,
        options: { skip: ({ path }) => path === '/' },
      });
      const called = await ask(stage, [`traceparent: ${VALID}`, 'tracestate: foo=1, bar=2']);
      assert.deepEqual(called.fromStep, { traceparent: VALID, tracestate: 'foo=1, bar=2' });
      assert.equal(called.traceId, TRACE_ID);
      assert.deepEqual(called.logged, {});
      const alone = await ask(stage, ['tracestate: foo=1']);
      assert.deepEqual(alone.fromStep, {});
      assert.equal(alone.traceId, '');
      await stage.rows(0);
    });

    it('gives members of its baggage to the metadata, if they are named', async () => {
      await using stage = await stageOf(framework, {
        define,
        options: { traceContext: { baggage: ['tenant', 'plan', 'note', 'password'] } },
      });
      const baggage = 'tenant = a%20b ;ttl=3, other=1, plan=%E4%BE, note=%C3%A9, password=hunter2';
      await rawGet(stage.port, '/quiet', [`baggage: ${baggage}`, 'x-request-id: with']);
      assert.deepEqual((await stage.row('with')).metadata?.baggage, {
        tenant: 'a b',
        plan: '\ufffd',
        note: 'é',
        password: '[redacted]',
      });
      const { fromRoot } = await ask(stage, [`baggage: ${baggage}`, 'x-request-id: sent']);
      assert.deepEqual(Object.keys(fromRoot), ['traceparent', 'x-request-id']);
      await rawGet(stage.port, '/quiet', ['baggage: other=1', 'x-request-id: without']);
      assert.equal((await stage.row('without')).metadata?.baggage, undefined);
    });

    it('that no caller has is named after the inference ID that was generated', async () => {
      await using stage = await stageOf(framework, { define });
      const { traceId } = await ask(stage, []);
      const row = await stage.only();
      assert.equal(traceId, row.inferenceId.replaceAll('-', ''));
    });

    it('has a column that no client takes', async () => {
      await using stage = await stageOf(framework, {
        define,
        options: { input: () => ({ trace_id: 'forged' }) },
      });
      await rawGet(stage.port, '/quiet', [`traceparent: ${VALID}`]);
      const row = await stage.only();
      assert.deepEqual([row.trace_id, row.input_trace_id], [TRACE_ID, 'forged']);
    });

    it('does not replace what the app says itself', async () => {
      await using stage = await stageOf(framework, {
        define: (app) =>
          app.route('GET', '/', ({ trace }) => {
            trace.update({ metadata: { trace_id: 'mine', otel: 'mine too' } });
            return { text: trace.traceId };
          }),
      });
      await (await fetch(stage.url, { headers: { traceparent: VALID } })).text();
      const { metadata, trace_id } = await stage.only();
      assert.deepEqual(
        [metadata?.trace_id, metadata?.otel, trace_id],
        ['mine', 'mine too', TRACE_ID],
      );
    });
  });
}

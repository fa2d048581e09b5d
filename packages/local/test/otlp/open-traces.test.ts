/** When the spans of a trace are written, by a clock that the test sets. */

import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { Refusal } from '../../src/http/refusal.ts';
import { OpenTraces } from '../../src/otlp/open-traces.ts';
import type { TraceNode } from '../../src/otlp/trace-node.ts';

const hex = (n: number, digits: number) => n.toString(16).padStart(digits, '0');

interface Facts {
  readonly trace?: number;
  readonly id?: number;
  readonly parent?: number;
  readonly isRemote?: boolean;
  readonly bytes?: number;
}

function span({ trace = 1, id = 1, parent, isRemote = false, bytes = 1000 }: Facts): TraceNode {
  return {
    traceId: hex(trace, 32),
    spanId: hex(id, 16),
    parentId: parent === undefined ? undefined : hex(parent, 16),
    isRemote,
    step: {
      ...{ name: 'work', id: hex(id, 16), type: 'chain', inputs: null, output: null, steps: [] },
      ...{ groundTruth: null, metadata: {}, latency: 1, startTime: 1, endTime: 2 },
    },
    facts: undefined,
    bytes,
  };
}

describe('open traces', () => {
  let written: string[];
  let failure: Error | undefined;
  /** The number of a trace that can never be written. */
  let failing: number | undefined;
  let failures: unknown[];
  let givenUp: string[];
  let open: OpenTraces;
  let receipts: string[];

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    written = [];
    receipts = [];
    failure = undefined;
    failing = undefined;
    failures = [];
    givenUp = [];
    open = new OpenTraces({
      quietMs: 2000,
      onFailure: (error) => failures.push(error),
      onGivenUp: (traces) => {
        givenUp.push(...traces.map(({ pipelineId, nodes }) => `${pipelineId} ${nodes.size}`));
      },
      isWritten: (pipelineId, traceId) =>
        written.some((text) => text.startsWith(`${pipelineId} ${Number.parseInt(traceId, 16)}:`)),
      write: ({ pipelineId, traceId, nodes }) => {
        if (failure) throw failure;
        if (Number.parseInt(traceId, 16) === failing) throw new Error('this one is too odd');
        const ids = [...nodes.keys()].map((id) => Number.parseInt(id, 16)).join();
        written.push(`${pipelineId} ${Number.parseInt(traceId, 16)}: ${ids}`);
      },
    });
  });

  afterEach(() => {
    open.close();
    mock.timers.reset();
  });

  const add = (...spans: readonly Facts[]) => open.add('p', spans.map(span), () => {});

  it('are written when their root has come and no span for 2 s', () => {
    add({ id: 1 });
    mock.timers.tick(1999);
    add({ id: 2, parent: 1 });
    mock.timers.tick(1999);
    assert.deepEqual(written, []);
    mock.timers.tick(1);
    assert.deepEqual(written, ['p 1: 1,2']);
    assert.equal(open.size, 0);
  });

  it('wait 10 s for a root that has not come', () => {
    add({ id: 2, parent: 1 });
    mock.timers.tick(9999);
    assert.deepEqual(written, []);
    mock.timers.tick(1);
    assert.deepEqual(written, ['p 1: 2']);
    add({ id: 3, parent: 1 });
    mock.timers.tick(2000);
    assert.deepEqual(written, ['p 1: 2', 'p 1: 3']);
  });

  it('have a root whose caller is another process', () => {
    add({ id: 2, parent: 1, isRemote: true });
    mock.timers.tick(2000);
    assert.deepEqual(written, ['p 1: 2']);
  });

  it('are written after a minute although spans still come', () => {
    add({ id: 1 });
    for (let i = 2; i <= 61; i++) {
      mock.timers.tick(1000);
      add({ id: i, parent: 1 });
    }
    assert.equal(written.length, 1);
    assert.match(written[0] ?? '', /^p 1: 1,2,.*,60$/);
    mock.timers.tick(2000);
    assert.equal(written[1], 'p 1: 61');
  });

  it('are apart for each trace id and pipeline', () => {
    add({ trace: 1 }, { trace: 2 });
    open.add('q', [span({ trace: 1 })], () => {});
    mock.timers.tick(2000);
    assert.deepEqual(written, ['p 1: 1', 'p 2: 1', 'q 1: 1']);
  });

  it('tell a request when all of its spans are written', () => {
    open.add('p', [span({ trace: 1 }), span({ trace: 2, id: 2, parent: 1 })], () => {
      receipts.push('both');
    });
    open.add('p', [span({ trace: 1, id: 9 })], () => receipts.push('first'));
    open.add('p', [], () => receipts.push('none'));
    assert.deepEqual(receipts, ['none']);
    mock.timers.tick(2000);
    assert.deepEqual(receipts, ['none', 'first']);
    mock.timers.tick(8000);
    assert.deepEqual(receipts, ['none', 'first', 'both']);
  });

  it('are written early where one has too many spans or bytes', () => {
    const full = Array.from({ length: 10_001 }, (_, i) => ({ id: i + 1, parent: 1 }));
    add(...full.slice(1));
    assert.equal(written.length, 0);
    add(full[0] ?? {});
    assert.equal(written.length, 1);
    add({ trace: 2, bytes: 32 * 1024 * 1024 });
    assert.equal(written.length, 1);
    add({ trace: 2, id: 2, bytes: 1 });
    assert.equal(written.length, 2);
    assert.equal(open.size, 0);
  });

  it('are written early, the oldest first, where all have too many bytes', () => {
    for (let trace = 1; trace <= 5; trace++) {
      open.makeRoom();
      add({ trace, bytes: 30 * 1024 * 1024 });
    }
    assert.deepEqual(written, []);
    open.makeRoom();
    assert.deepEqual(written, ['p 1: 1']);
  });

  it('count a span that is sent again once', () => {
    for (let i = 0; i < 10; i++) add({ bytes: 30 * 1024 * 1024 });
    open.makeRoom();
    assert.deepEqual(written, []);
  });

  it('are written early where there are too many', () => {
    for (let trace = 1; trace <= 10_000; trace++) add({ trace });
    open.makeRoom();
    assert.deepEqual(written, ['p 1: 1']);
    open.flush();
    assert.equal(written.length, 10_000);
    assert.equal(open.size, 0);
  });

  it('are kept while they cannot be written, as far as there is room', () => {
    failure = new Error('the disk is full');
    for (let trace = 1; trace <= 5; trace++) add({ trace, bytes: 30 * 1024 * 1024 });
    mock.timers.tick(2000);
    mock.timers.tick(5000);
    assert.deepEqual(failures, [failure]);
    assert.throws(
      () => open.makeRoom(),
      (error) => (error as Refusal).status === 503,
    );
    failure = undefined;
    mock.timers.tick(5000);
    assert.equal(written.length, 5);
    open.makeRoom();
    assert.equal(open.size, 0);
  });

  it('are given up one by one where only one cannot be written', () => {
    failing = 1;
    open.add('p', [span({ trace: 1 }), span({ trace: 2 })], (outcome) => receipts.push(outcome));
    open.add('p', [span({ trace: 3 })], (outcome) => receipts.push(outcome));
    mock.timers.tick(2000);
    assert.deepEqual(written, ['p 2: 1', 'p 3: 1']);
    assert.equal(open.size, 1);
    const later = (tries: number) => {
      for (let i = 0; i < tries; i++) mock.timers.tick(5000);
    };
    later(18);
    assert.equal(open.size, 1);
    later(4);
    assert.equal(open.size, 0);
    assert.deepEqual(givenUp, ['p 1']);
    assert.deepEqual(receipts, ['written', 'given up'], 'the request of trace 1 is not written');
  });

  it('are written when they are closed, complete or not', () => {
    add({ id: 2, parent: 1 });
    open.close();
    assert.deepEqual(written, ['p 1: 2']);
  });

  it('are given up when they are closed and cannot be written', () => {
    failure = new Error('the disk is full');
    open.add('p', [span({ id: 1 }), span({ id: 2, parent: 1 })], (outcome) =>
      receipts.push(outcome),
    );
    open.close();
    assert.deepEqual(givenUp, ['p 2']);
    assert.deepEqual(receipts, [], 'the request stays as it is');
  });
});

import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import {
  createTracer,
  type Diagnostic,
  type RedactOptions,
  type StartedTrace,
} from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';

/** The diagnostic of a scope manager that throws this. */
function reported(error: unknown, redact?: RedactOptions | false): Diagnostic {
  const diagnostics: Diagnostic[] = [];
  const tracer = createTracer({
    transport: memoryTransport(),
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    scope: {
      run: (_step: unknown, fn: () => unknown) => fn(),
      get: () => {
        throw error;
      },
    } as never,
    ...(redact !== undefined && { redact }),
  });
  const trace = tracer.startTrace('x');
  trace.step('s', () => 1);
  trace.end();
  const found = diagnostics.find((each) => each.error !== undefined);
  assert.ok(found);
  return found;
}

describe('the error of a diagnostic', () => {
  it('is the one that was thrown where it holds no secret', () => {
    const cause = new TypeError('why');
    for (const error of [
      new Error('plain'),
      Object.assign(new RangeError('with a code', { cause }), { code: 'EPLAIN', errno: -1 }),
      new AggregateError([cause], 'several'),
      new DOMException('timed out', 'TimeoutError'),
      runInNewContext('new TypeError("of another realm, as in Jest")'),
    ]) {
      assert.equal(reported(error).error, error);
    }
  });

  it('is a copy of its class without the secrets where it holds some', () => {
    const error = Object.assign(
      new TypeError('connect redis://u:S3CRET@h', { cause: new Error('?key=S3CRET') }),
      {
        code: 'EREDIS',
        password: 'S3CRET',
        config: { headers: { authorization: 'S3CRET' } },
      },
    );
    const { error: copy } = reported(error);
    assert.ok(copy instanceof TypeError && copy !== error);
    assert.equal(copy.message, 'connect redis://[redacted]@h');
    assert.match(String(copy.stack), /^TypeError: connect redis:\/\/\[redacted\]@h\n +at /);
    assert.equal((copy.cause as Error).message, '?key=[redacted]');
    assert.deepEqual({ ...copy }, { code: 'EREDIS', password: '[redacted]' });
    assert.equal(error.message, 'connect redis://u:S3CRET@h');
  });

  it('lacks what hangs on it, which is not looked through', () => {
    const error = Object.assign(new Error('plain'), { response: { body: 'S3CRET' } });
    assert.deepEqual(Object.keys(reported(error).error as Error), []);
  });

  it('is copied as far as its causes go, and its errors', () => {
    const loop = new Error('redis://u:S3CRET@h');
    loop.cause = loop;
    const { error } = reported(
      new AggregateError([loop, 'redis://u:S3CRET@h', { a: 'S3CRET' }], 'x'),
    );
    let depth = 0;
    for (
      let each = (error as AggregateError).errors[0];
      each instanceof Error;
      each = each.cause as Error
    ) {
      assert.doesNotMatch(`${each.message}${each.stack}`, /S3CRET/);
      depth++;
    }
    assert.ok(depth > 1 && depth < 10, `${depth}`);
    assert.equal((error as AggregateError).errors[1], 'redis://[redacted]@h');
  });

  it('runs no code of its own, and hostile ones are named', () => {
    const fail = () => {
      throw new Error('asked');
    };
    const own = Object.defineProperty(new Error('x'), 'message', { get: fail });
    for (const hostile of [
      new Proxy(new Error('x'), { get: fail }),
      own,
      { toString: fail },
      null,
      7,
      Symbol('s'),
    ]) {
      assert.equal(reported(hostile).reason, 'scope_failed');
    }
  });

  it('is seen by the function that replaces texts, and stays where redaction is off', () => {
    const error = new Error('mail ada@example.com at redis://u:S3CRET@h');
    const { error: seen } = reported(error, {
      text: (text) => text.replace(/\S+@example\.com/, '(email)'),
    });
    assert.match((seen as Error).message, /^mail \(email\) at redis:\/\/\[redacted\]@h$/);
    assert.equal(reported(error, false).error, error);
  });
});

describe('diagnostics that a function given as onDiagnostic causes', () => {
  it('are not given to it while it runs', async () => {
    const told: string[] = [];
    let running = 0;
    const tracer = createTracer({
      transport: memoryTransport(),
      logLevel: 'debug',
      onDiagnostic: ({ reason }) => {
        told.push(running++ === 0 ? reason : `${reason} within another`);
        trace.update({ tagz: [] } as never);
        trace.addStep(5 as never);
        ended.update({});
        running--;
      },
    });
    const ended = tracer.startTrace('ended');
    ended.end();
    const trace = tracer.startTrace('open');
    trace.update({ inferenceId: 5 as never });
    assert.deepEqual(told, ['bad_input']);
    trace.update({ tagz: [] } as never);
    assert.deepEqual(told, ['bad_input', 'unknown_option']);
    trace.end();
    await tracer.shutdown();
  });
});

describe('mistakes in calls', () => {
  /** Each is about something else. */
  const MISTAKES: readonly ((trace: StartedTrace) => void)[] = [
    (trace) => trace.update({ bogus: 1 } as never),
    (trace) => trace.update({ context: 'no array' as never }),
    (trace) => trace.update({ userId: {} as never }),
    (trace) => trace.update({ metadata: 5 as never }),
    (trace) => trace.update({ inferenceId: 'with spaces' }),
    (trace) => trace.update(7 as never),
    (trace) => trace.updateStep({ bogus: 1 } as never),
    (trace) => trace.step({ name: 'a', bogus: 1 } as never, () => {}),
    (trace) => trace.step({ name: 'a', type: 'tool', bogus: 1 } as never, () => {}),
    (trace) => trace.step({ name: 'a', type: 'nope' } as never, () => {}),
    (trace) => trace.addStep(5 as never),
    (trace) => trace.addStep({ name: 'a', latency: 'fast' as never }),
    (trace) => trace.addStep({ name: 'a', type: 'chat_completion', tokens: 'many' as never }),
    (trace) => trace.addStep({ name: 'a', type: 'chat_completion', cost: 'much' as never }),
  ];

  it('are each reported once a minute, also of one reason', async () => {
    const messages: string[] = [];
    const tracer = createTracer({
      transport: memoryTransport(),
      onDiagnostic: ({ message }) => messages.push(message),
    });
    const trace = tracer.startTrace('x');
    for (const make of MISTAKES) make(trace);
    assert.equal(new Set(messages).size, MISTAKES.length, messages.join('\n'));
    for (const make of MISTAKES) make(trace);
    assert.equal(messages.length, MISTAKES.length);
    trace.end();
    await tracer.shutdown();
  });

  it('that contain what clients chose are reported once', async () => {
    const messages: string[] = [];
    const tracer = createTracer({
      transport: memoryTransport(),
      onDiagnostic: ({ message }) => messages.push(message),
    });
    const trace = tracer.startTrace('x');
    for (let n = 0; n < 100; n++) {
      trace.update({ [`chosen${n}`]: n } as never);
      trace.step({ name: 'a', type: `chosen${n}` } as never, () => {});
      trace.addStep({ name: 'a', type: 'chat_completion', tokens: `${n},5` as never });
    }
    assert.equal(messages.length, 3, messages.join('\n'));
    trace.end();
    await tracer.shutdown();
  });
});

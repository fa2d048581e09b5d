/** The value of a captured body. */

import assert from 'node:assert/strict';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { Diagnostics } from '../../src/diagnostics/diagnostics.ts';
import { BodyCapture } from '../../src/http/body/body-capture.ts';
import { bodyText } from '../../src/http/body/body-value.ts';
import { RecordedTrace } from '../../src/trace/recorded-trace.ts';
import { defaultScope } from '../../src/trace/scope/scope.ts';
import { type RedactOptions, Redactor } from '../../src/values/redaction/redactor.ts';
import { Snapshotter } from '../../src/values/snapshot/snapshotter.ts';

function traceOf(redact: RedactOptions = {}): RecordedTrace {
  const redactor = new Redactor(redact);
  const limits = {
    maxSteps: 100,
    maxDepth: 10,
    maxValueChars: 1000,
    maxTraceChars: 10_000,
    maxOpenTraces: 10,
  };
  return new RecordedTrace(
    {
      scope: defaultScope,
      snapshotter: new Snapshotter(redactor, { maxChars: 1000, maxDepth: 10, maxNodes: 100 }),
      redactor,
      limits,
      diagnostics: new Diagnostics({ level: 'off' }),
      idSpace: 0,
      costs: undefined,
      admit: () => true,
      addOpen() {},
      endSoon() {},
      takeEnded() {},
    },
    'job',
    { inferenceId: 'id' },
    undefined,
  );
}

/** What is recorded of a form of which that many bytes are kept. */
function formValue(text: string, maxBytes: number, convert?: (body: unknown) => unknown): unknown {
  const capture = new BodyCapture(maxBytes);
  capture.addChunk(text, 'utf8');
  const facts = {
    contentType: 'application/x-www-form-urlencoded; charset=utf-8',
    contentEncoding: undefined,
  };
  return JSON.parse(bodyText(traceOf(), capture, facts, { key: 'output', convert }) ?? 'null');
}

describe('a form', () => {
  const FORM = 'a=1&tag=x&tag=y&b=%E5%AD%97%E5%AD%97&c=3';

  it('is its fields by name', () => {
    assert.deepEqual(formValue(FORM, 1000), { a: '1', tag: ['x', 'y'], b: '字字', c: '3' });
  });

  for (const [end, fields] of [
    ['b=%E5%AD%97%E5%AD', { a: '1', tag: ['x', 'y'], b: '字' }],
    ['b=%E5%AD%97%E5%A', { a: '1', tag: ['x', 'y'], b: '字' }],
    ['b=%E5%AD%97%', { a: '1', tag: ['x', 'y'], b: '字' }],
    ['&tag=y', { a: '1', tag: ['x', 'y'] }],
    ['tag=x', { a: '1', tag: 'x' }],
    ['&ta', { a: '1', ta: '' }],
    ['a=1&', { a: '1' }],
  ] as const) {
    it(`that was cut says so: after ${end}`, () => {
      const kept = FORM.indexOf(end) + end.length;
      assert.deepEqual(formValue(FORM, kept), {
        ...fields,
        '…': `[cut: ${FORM.length} bytes in all]`,
      });
    });
  }

  for (const size of [1, 7, 1000, 1_000_000]) {
    it(`that is longer than the limit is an excerpt with all of its fields, ${size} characters at a time`, () => {
      const long = '%E5%AD%97 x'.replace(' ', '+').repeat(5000);
      const form = `first=1&doc=${long}&tag=x&&tag=y=z&empty&password=sk-canary&last=a%26b%3Dc`;
      const capture = new BodyCapture(4096);
      capture.setForm(true);
      for (let i = 0; i < form.length; i += size) capture.addChunk(form.slice(i, i + size), 'utf8');
      const type = 'application/x-www-form-urlencoded';
      const facts = { contentType: type, contentEncoding: undefined };
      const text = bodyText(traceOf(), capture, facts, { key: 'body' }) ?? 'null';
      const { doc, ...others } = JSON.parse(text) as Record<string, string>;
      assert.deepEqual(others, {
        first: '1',
        tag: ['x', 'y=z'],
        empty: '',
        password: '[redacted]',
        last: 'a&b=c',
      });
      assert.match(doc ?? '', /^(字 x)+(字 ?)?… \[cut: \d+ more characters\]$/);
    });
  }

  it('of many fields has the first and the last ones', () => {
    const capture = new BodyCapture(600);
    capture.setForm(true);
    for (let i = 0; i < 5000; i++) capture.addChunk(`k${i}=${i}&`, 'utf8');
    const facts = { contentType: 'application/x-www-form-urlencoded', contentEncoding: undefined };
    const fields = JSON.parse(bodyText(traceOf(), capture, facts, { key: 'body' }) ?? 'null');
    assert.equal(fields.k0, '0');
    assert.equal(fields.k4999, '4999');
    assert.match(fields['…'], /^\[cut: \d+ more fields\]$/);
  });

  it('that broke off beyond the limit says so, and shows no part of a secret', () => {
    const capture = new BodyCapture(1000);
    capture.setForm(true);
    capture.setEnded(false);
    const note = encodeURIComponent('see https://me:hunter2@example.com/').slice(0, -20);
    capture.addChunk(`a=${'x'.repeat(2000)}&b=2&note=${note}`, 'utf8');
    const facts = { contentType: 'application/x-www-form-urlencoded', contentEncoding: undefined };
    const fields = JSON.parse(bodyText(traceOf(), capture, facts, { key: 'body' }) ?? 'null');
    assert.equal(fields.b, '2');
    assert.equal(fields['…'], '[cut: the rest]');
    assert.doesNotMatch(JSON.stringify(fields), /hunt/);
  });

  it('that was cut shows no part of a secret', () => {
    const form = `note=${encodeURIComponent('see https://me:hunter2@example.com/')}`;
    assert.doesNotMatch(JSON.stringify(formValue(form, form.length - 20)), /hunt/);
  });

  it('is given to the option `output`', () => {
    const given: unknown[] = [];
    const convert = (body: unknown) => given.push({ ...(body as object) });
    assert.equal(formValue(FORM, 1000, convert), 1);
    assert.equal(formValue(FORM, 3, convert), 2);
    assert.deepEqual(given, [
      { a: '1', tag: ['x', 'y'], b: '字字', c: '3' },
      { a: '1', '…': `[cut: ${FORM.length} bytes in all]` },
    ]);
  });
});

/** What is recorded of a body of that type. */
function recordedValue(
  text: string | readonly (string | Uint8Array)[],
  contentType: string,
  key: 'body' | 'output' = 'output',
  redact: RedactOptions = {},
): unknown {
  const capture = new BodyCapture(100_000);
  for (const part of typeof text === 'string' ? [text] : text) {
    if (typeof part === 'string') capture.addChunk(part, 'utf8');
    else capture.add(part, part.byteLength);
  }
  const facts = { contentType, contentEncoding: undefined };
  return JSON.parse(bodyText(traceOf(redact), capture, facts, { key }) ?? 'null');
}

describe('a body under its key', () => {
  for (const [type, text] of [
    ['application/json', '{"a":1}'],
    ['text/plain', 'a'],
    ['application/x-www-form-urlencoded', 'a=1'],
    ['text/event-stream', 'data: a\n\n'],
    ['application/x-ndjson', '{"a":1}\n'],
    ['image/png', 'a'],
  ] as const) {
    for (const key of ['body', 'output'] as const) {
      it(`is masked by redact.keys: ${type} as ${key}`, () => {
        assert.equal(recordedValue(text, type, key, { keys: [key] }), '[redacted]');
        const other = key === 'body' ? 'output' : 'body';
        assert.doesNotMatch(
          JSON.stringify(recordedValue(text, type, key, { keys: [other] })),
          /redac/,
        );
      });

      it(`is passed to redact.text with that key: ${type} as ${key}`, () => {
        const keys = new Set<string>();
        recordedValue(text, type, key, {
          text: (value, under) => {
            keys.add(under);
            return value;
          },
        });
        // The strings of an object have the keys of their members.
        if (type !== 'application/json' && !type.includes('form')) assert.ok(keys.has(key));
        assert.ok(!keys.has(key === 'body' ? 'output' : 'body'));
      });
    }
  }
});

describe('a body with a byte order mark', () => {
  const bytes = new TextEncoder().encode('\ufeff{"a":"\ufeffé"}');
  for (const [how, parts] of [
    ['in one chunk of bytes', [bytes]],
    ['in two', [bytes.subarray(0, 2), bytes.subarray(2)]],
    ['in a string', ['\ufeff{"a":"\ufeffé"}']],
    ['in two strings', ['\ufeff', '{"a":"\ufeffé"}']],
  ] as const) {
    it(`is its value: ${how}`, () =>
      assert.deepEqual(recordedValue(parts, 'application/json'), { a: '\ufeffé' }));
  }
});

describe('a body of events', () => {
  const stream = 'data: {"text":"Hel"}\n\ndata: {"text":"lo"}\n\n';

  it('is the text that it carried only in a response', () => {
    assert.equal(recordedValue(stream, 'text/event-stream'), 'Hello');
    assert.equal(recordedValue(stream, 'text/event-stream', 'body'), stream);
    assert.equal(
      recordedValue('{"text":"a"}\n{"text":"b"}\n', 'application/x-ndjson', 'body'),
      '{"text":"a"}\n{"text":"b"}\n',
    );
  });

  for (const levels of [60, 63, 64, 8000]) {
    it(`may be nested ${levels} levels deep`, () => {
      const deep = `{"text":"a","x":${'['.repeat(levels)}${']'.repeat(levels)}}`;
      const value = recordedValue(`data: ${deep}\n\ndata: ${deep}\n\n`, 'text/event-stream');
      assert.match(String(value), levels < 64 ? /^aa$/ : /^\{"text":"a","x":\[\[/);
    });
  }

  for (const types of [100, 101]) {
    it(`is compared with others up to 100 types: ${types}`, () => {
      const events = Array.from(
        { length: types },
        (_, i) => `event: kind${i}\ndata: {"text":"word "}\n\n`,
      );
      const value = recordedValue(
        `${events.join('')}event: kind0\ndata: {"text":"end"}\n\n`,
        'text/event-stream',
      );
      assert.equal(String(value).startsWith('word end'), types === 100, String(value));
    });
  }
});

describe('a binary body', () => {
  const ENCODED: Readonly<Record<string, readonly [encoding: string, bytes: Uint8Array]>> = {
    gzip: ['GZIP', gzipSync(Buffer.alloc(300_000))],
    deflate: ['deflate', deflateSync(Buffer.alloc(300_000))],
    br: ['br', brotliCompressSync(Buffer.alloc(300_000))],
    zstd: ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0])],
  };
  const named = (contentEncoding: string | undefined, bytes: Uint8Array, type = 'image/x-raw') => {
    const capture = new BodyCapture(1000);
    capture.addChunk(bytes, undefined);
    const facts = { contentType: type, contentEncoding };
    return JSON.parse(bodyText(traceOf(), capture, facts, { key: 'output' }) ?? 'null');
  };

  for (const [name, [encoding, bytes]] of Object.entries(ENCODED)) {
    it(`states that its size is the compressed one: ${name}`, () => {
      const mark = `[image/x-raw, ${encoding}: ${bytes.byteLength} bytes]`;
      assert.equal(named(encoding, bytes), mark);
    });

    it(`states its size alone where it was captured before it was compressed: ${name}`, () => {
      assert.equal(named(encoding, Buffer.from([1, 2, 250])), '[image/x-raw: 3 bytes]');
    });
  }

  it('states its size alone where it is not compressed', () => {
    assert.equal(named(undefined, Buffer.from([1, 2, 250])), '[image/x-raw: 3 bytes]');
    assert.equal(named('identity', Buffer.from([1, 2, 250])), '[image/x-raw: 3 bytes]');
    assert.equal(named(undefined, Buffer.from([1, 2, 250]), ''), '[body: 3 bytes]');
  });
});

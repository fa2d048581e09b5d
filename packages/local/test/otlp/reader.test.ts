/** What is read from a request, against the official serializers and byte by byte. */

import assert from 'node:assert/strict';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Refusal } from '../../src/http/refusal.ts';
import { Malformed } from '../../src/otlp/malformed.ts';
import type { OtlpSpan, OtlpSpans } from '../../src/otlp/otlp-span.ts';
import { readJson } from '../../src/otlp/read-json.ts';
import { readProtobuf } from '../../src/otlp/read-protobuf.ts';
import {
  bytesField,
  fixed64Field,
  readableSpan,
  requestOf,
  spanFields,
  TRACE,
  varint,
  varintField,
} from './spans.ts';

const FORMATS = [
  [
    'protobuf',
    (spans: ReadableSpan[]) =>
      readProtobuf(bodyOf(ProtobufTraceSerializer.serializeRequest(spans))),
  ],
  [
    'JSON',
    (spans: ReadableSpan[]) => readJson(bodyOf(JsonTraceSerializer.serializeRequest(spans))),
  ],
] as const;

function bodyOf(bytes: Uint8Array | undefined): Buffer {
  assert.ok(bytes);
  return Buffer.from(bytes);
}

function only({ spans, rejected }: OtlpSpans): OtlpSpan {
  assert.equal(rejected, 0);
  const [span] = spans;
  assert.ok(span && spans.length === 1);
  return span;
}

function json(span: object, more: object = {}): OtlpSpans {
  const ids = { traceId: TRACE, spanId: '00f067aa0ba902b7' };
  const times = {
    startTimeUnixNano: '1790000000000000000',
    endTimeUnixNano: '1790000000000000001',
  };
  const spans = [{ ...ids, ...times, name: 'work', ...span }];
  return readJson(
    Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }], ...more })),
  );
}

for (const [format, read] of FORMATS) {
  describe(`a request that the official serializer wrote in ${format}`, () => {
    it('is read whole', () => {
      const span = readableSpan({
        parent: 'b7ad6b7169203331',
        isRemote: true,
        name: 'chat gpt-4o 🦆',
        kind: 1,
        attributes: {
          text: 'grüezi',
          empty: '',
          yes: true,
          no: false,
          zero: 0,
          int: 42,
          negative: -7,
          large: 9_007_199_254_740_991,
          double: 0.1,
          list: ['a', 'b'],
          flags: [true, false],
          nested: { a: { b: [{ c: 1 }, 'd', null] } },
          bytes: new Uint8Array([0, 255, 16]),
          __proto__x: 1,
        },
        events: [{ name: 'event', time: [1_790_000_000, 500], attributes: { n: 1 } }],
        links: [
          { traceId: TRACE, spanId: '1111111111111111', attributes: { why: 'retry' } },
          { traceId: TRACE, spanId: '2222222222222222' },
        ],
        status: { code: 2, message: 'it broke' },
        resource: { 'service.name': 'shop', 'process.pid': 12 },
      });
      const { bytes, ...read_ } = only(read([span]));
      assert.ok(bytes > 500);
      assert.deepEqual(read_, {
        traceId: TRACE,
        spanId: '00f067aa0ba902b7',
        parentSpanId: 'b7ad6b7169203331',
        name: 'chat gpt-4o 🦆',
        kind: 'server',
        startMs: 1_790_000_000_123.4568,
        endMs: 1_790_000_001_123.4568,
        durationMs: 1000.000001,
        attributes: {
          text: 'grüezi',
          empty: '',
          yes: true,
          no: false,
          zero: 0,
          int: 42,
          negative: -7,
          large: 9_007_199_254_740_991,
          double: 0.1,
          list: ['a', 'b'],
          flags: [true, false],
          nested: { a: { b: [{ c: 1 }, 'd', null] } },
          bytes: 'AP8Q',
          __proto__x: 1,
        },
        events: [{ name: 'event', timeMs: 1_790_000_000_000.0005, attributes: { n: 1 } }],
        links: [
          { traceId: TRACE, spanId: '1111111111111111', attributes: { why: 'retry' } },
          { traceId: TRACE, spanId: '2222222222222222' },
        ],
        status: { code: 'error', message: 'it broke' },
        resource: { 'service.name': 'shop', 'process.pid': 12 },
        scope: { name: 'tests', version: '1.2.3' },
        hasRemoteParent: true,
      });
    });

    it('has the kind and the status of every span', () => {
      const { spans } = read(
        [0, 1, 2, 3, 4].map((kind) =>
          readableSpan({ id: `000000000000000${kind + 1}`, kind, status: { code: kind % 3 } }),
        ),
      );
      assert.deepEqual(
        spans.map(({ kind, status }) => `${kind} ${status.code}`),
        ['internal unset', 'server ok', 'client error', 'producer unset', 'consumer ok'],
      );
    });

    it('knows roots and parents of this process', () => {
      const root = only(read([readableSpan()]));
      const child = only(read([readableSpan({ parent: 'b7ad6b7169203331' })]));
      assert.equal(root.parentSpanId, undefined);
      assert.equal(child.parentSpanId, 'b7ad6b7169203331');
      assert.equal(child.hasRemoteParent, false);
    });

    it('keeps the spans of several services apart from their resources', () => {
      const { spans } = read([
        readableSpan({ id: '0000000000000001', resource: { 'service.name': 'a' } }),
        readableSpan({ id: '0000000000000002', resource: { 'service.name': 'b' } }),
      ]);
      assert.deepEqual(spans.map(({ resource }) => resource['service.name']).sort(), ['a', 'b']);
    });

    it('has durations that are exact to the nanosecond, over days', () => {
      const span = readableSpan({ start: [1_790_000_000, 999_999_999], end: [1_790_172_800, 0] });
      assert.equal(only(read([span])).durationMs, 172_799_000.000001);
    });

    it('may be empty', () => {
      assert.deepEqual(read([]), { spans: [], rejected: 0, reason: '' });
    });
  });
}

describe('64-bit integers', () => {
  const attribute = (value: bigint) =>
    only(
      readProtobuf(
        requestOf(
          Buffer.concat([
            spanFields(),
            bytesField(9, bytesField(1, 'n'), bytesField(2, varintField(3, value))),
          ]),
        ),
      ),
    ).attributes.n;

  it('are numbers as long as those are exact, and digits beyond, in protobuf', () => {
    assert.equal(attribute(2n ** 53n - 1n), 2 ** 53 - 1);
    assert.equal(attribute(2n ** 53n), '9007199254740992');
    assert.equal(attribute(2n ** 63n - 1n), '9223372036854775807');
    assert.equal(attribute(-(2n ** 63n)), '-9223372036854775808');
    assert.equal(attribute(-1n), -1);
  });

  it('are the same in JSON, as digits and as numbers', () => {
    const of = (value: string) =>
      only(
        readJson(
          Buffer.from(
            `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${TRACE}","spanId":"00f067aa0ba902b7",
            "startTimeUnixNano":1790000000123456789 , "endTimeUnixNano": 1790000000123456790,
            "attributes":[{"key":"say \\"1, 1790000000123456789, 2\\"","value":{"stringValue":"\\\\"}},
              {"key":"n","value":{"intValue":${value}}}]}]}]}]}`,
          ),
        ),
      );
    for (const digits of ['9223372036854775807', '-9223372036854775808', '9007199254740993']) {
      assert.equal(of(digits).attributes.n, digits);
      assert.equal(of(`"${digits}"`).attributes.n, digits);
    }
    const span = of('12');
    assert.equal(span.attributes.n, 12);
    assert.equal(span.attributes['say "1, 1790000000123456789, 2"'], '\\');
    assert.equal(span.durationMs, 0.000001);
  });

  it('keep times of any year', () => {
    const latest = requestOf(
      Buffer.concat([
        bytesField(1, Buffer.from(TRACE, 'hex')),
        bytesField(2, Buffer.from('00f067aa0ba902b7', 'hex')),
        fixed64Field(7, 2n ** 64n - 2n),
        fixed64Field(8, 2n ** 64n - 1n),
      ]),
    );
    const { startMs, durationMs } = only(readProtobuf(latest));
    assert.equal(startMs, 18_446_744_073_709.55);
    assert.equal(durationMs, 0.000001);
  });
});

describe('protobuf', () => {
  it('skips unknown fields of every wire type, and known numbers of another one', () => {
    const unknown = Buffer.concat([
      varintField(99, 2n ** 64n - 1n),
      fixed64Field(98, 1n),
      bytesField(97, 'whatever'),
      Buffer.concat([varint(96n * 8n + 5n), Buffer.alloc(4)]),
      // A group in a group.
      varint(95n * 8n + 3n),
      varint(94n * 8n + 3n),
      varintField(1, 1n),
      varint(94n * 8n + 4n),
      varint(95n * 8n + 4n),
      varintField(1, 5n),
    ]);
    const request = Buffer.concat([
      unknown,
      bytesField(
        1,
        unknown,
        bytesField(2, unknown, bytesField(2, unknown, spanFields(), unknown), unknown),
      ),
      unknown,
    ]);
    assert.equal(only(readProtobuf(request)).name, 'work');
  });

  it('finds the resource and the scope behind the spans', () => {
    const attribute = bytesField(
      1,
      bytesField(1, 'service.name'),
      bytesField(2, bytesField(1, 'a')),
    );
    const scope = bytesField(2, bytesField(2, spanFields()), bytesField(1, bytesField(1, 'late')));
    const { resource, scope: read } = only(
      readProtobuf(bytesField(1, scope, bytesField(1, attribute))),
    );
    assert.deepEqual(resource, { 'service.name': 'a' });
    assert.deepEqual(read, { name: 'late' });
  });

  it('takes the last of several values, and null where there is none', () => {
    const value = bytesField(2, bytesField(1, 'first'), varintField(3, 2n));
    const attributes = [
      bytesField(9, bytesField(1, 'last'), value),
      bytesField(9, bytesField(1, 'none')),
      bytesField(9, bytesField(1, 'nothing'), bytesField(2)),
    ];
    const request = requestOf(Buffer.concat([spanFields(), ...attributes]));
    assert.deepEqual(only(readProtobuf(request)).attributes, {
      last: 2,
      none: null,
      nothing: null,
    });
  });

  it('replaces what is nested too deeply, and keeps all above', () => {
    const nested = (levels: number) => {
      let value = bytesField(1, 'deep');
      for (let i = 0; i < levels; i++) value = bytesField(5, bytesField(1, value));
      const span = Buffer.concat([
        spanFields(),
        bytesField(9, bytesField(1, 'a'), bytesField(2, value)),
      ]);
      return JSON.stringify(only(readProtobuf(requestOf(span))).attributes.a);
    };
    assert.match(nested(32), /^\[{32}"deep"\]{32}$/);
    assert.match(nested(33), /^\[{32}"\[nested too deeply\]"\]{32}$/);
    assert.match(nested(5000), /"\[nested too deeply\]"/);
  });

  it('says what is wrong with a body', () => {
    const wrong = [
      [Buffer.from([0x0a]), /ends in the middle/],
      [Buffer.from([0x0a, 0x05, 0x00]), /ends in the middle/],
      [Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]), /ends in the middle/],
      [Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x10]), /more than 32 bits/],
      [Buffer.from([0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]), /more than 32 bits/],
      [Buffer.concat([Buffer.from([0x08]), Buffer.alloc(11, 0xff)]), /more than 10 bytes/],
      [Buffer.from([0x02, 0x00]), /number 0/],
      [Buffer.from([0x0e]), /wire type 6/],
      [Buffer.from([0x0c]), /wire type 4/],
      [Buffer.alloc(1000, 0x0b), /too deeply/],
      [Buffer.from([0x0b]), /ends in the middle/],
    ] as const;
    for (const [body, message] of wrong) {
      assert.throws(
        () => readProtobuf(body),
        (error) => error instanceof Malformed && message.test(error.message),
        body.toString('hex'),
      );
    }
  });

  it('never throws anything else, wherever a body is cut or damaged', () => {
    const span = readableSpan({
      attributes: { a: [1, 'two'], b: { c: 0.5 } },
      events: [{ name: 'e', time: [1, 2], attributes: {} }],
      status: { code: 2, message: 'x' },
    });
    const whole = bodyOf(ProtobufTraceSerializer.serializeRequest([span, span]));
    for (let length = 1; length < whole.length; length++) {
      assert.throws(() => readProtobuf(whole.subarray(0, length)), Malformed, String(length));
    }
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    for (let i = 0; i < 20_000; i++) {
      const damaged = Buffer.from(whole);
      for (let k = 0; k < 3; k++) damaged[random(damaged.length)] = random(256);
      try {
        const { spans } = readProtobuf(damaged);
        for (const { durationMs, startMs } of spans) assert.ok(durationMs >= 0 && startMs >= 0);
      } catch (error) {
        assert.ok(error instanceof Malformed, String(error));
      }
    }
  });

  it('limits the values and the spans of a request', () => {
    const empties = Buffer.alloc(2 * 2_000_001);
    for (let i = 0; i < empties.length; i += 2) empties[i] = 0x4a;
    const tooMany = requestOf(Buffer.concat([spanFields(), empties]));
    assert.throws(
      () => readProtobuf(tooMany),
      (error) => (error as Refusal).status === 413,
    );
    const spans = Buffer.alloc(2 * 100_001);
    for (let i = 0; i < spans.length; i += 2) spans[i] = 0x12;
    const request = bytesField(1, bytesField(2, spans));
    assert.throws(
      () => readProtobuf(request),
      (error) => (error as Refusal).status === 413,
    );
    assert.equal(readProtobuf(bytesField(1, bytesField(2, spans.subarray(2)))).rejected, 100_000);
  });
});

describe('JSON', () => {
  it('has enums as numbers, names or digits', () => {
    for (const kind of [2, '2', 'SPAN_KIND_SERVER']) {
      assert.equal(only(json({ kind })).kind, 'server');
    }
    for (const code of [2, 'STATUS_CODE_ERROR']) {
      assert.equal(only(json({ status: { code } })).status.code, 'error');
    }
    assert.equal(only(json({ kind: 'SPAN_KIND_OF_LATER' })).kind, 'internal');
    assert.equal(only(json({ kind: 77, status: { code: 9 } })).status.code, 'unset');
  });

  it('ignores unknown members, null, and names in snake case', () => {
    const span = only(
      json(
        {
          parentSpanId: null,
          attributes: null,
          events: null,
          links: null,
          status: null,
          parent_span_id: 'b7ad6b7169203331',
          later: { a: 1 },
        },
        { later: [] },
      ),
    );
    assert.equal(span.parentSpanId, undefined);
    assert.deepEqual(span.attributes, {});
  });

  it('has every kind of value', () => {
    const values = [
      [{ doubleValue: 1 }, 1],
      [{ doubleValue: 'NaN' }, 'NaN'],
      [{ doubleValue: 'Infinity' }, 'Infinity'],
      [{ doubleValue: '0.5' }, 0.5],
      [{ intValue: '5' }, 5],
      [{ intValue: 1e300 }, 1e300],
      [{ boolValue: false }, false],
      [{ bytesValue: 'AP8Q' }, 'AP8Q'],
      [{ arrayValue: {} }, []],
      [{ kvlistValue: { values: [{ key: '__proto__', value: { intValue: 1 } }] } }, null],
      [{}, null],
      [undefined, null],
    ] as const;
    for (const [value, expected] of values) {
      const { attributes } = only(json({ attributes: [{ key: 'a', value }] }));
      if (expected === null && value !== undefined && 'kvlistValue' in value) {
        assert.deepEqual(Object.entries(attributes.a as object), [['__proto__', 1]]);
      } else {
        assert.deepEqual(attributes, { a: expected });
      }
    }
  });

  it('replaces what is nested too deeply, at the depth of protobuf', () => {
    const nested = (levels: number) => {
      let value: object = { stringValue: 'deep' };
      for (let i = 0; i < levels; i++) value = { arrayValue: { values: [value] } };
      return JSON.stringify(only(json({ attributes: [{ key: 'a', value }] })).attributes.a);
    };
    assert.match(nested(32), /^\[{32}"deep"\]{32}$/);
    assert.match(nested(33), /^\[{32}"\[nested too deeply\]"\]{32}$/);
  });

  it('says what is wrong with a body', () => {
    const wrong = [
      ['', /not valid JSON/],
      ['{"resourceSpans":', /not valid JSON/],
      ['[]', /not a JSON object/],
      ['{"resourceSpans":{}}', /resourceSpans is not an array/],
      ['{"resourceSpans":[1]}', /resourceSpans has an item/],
      ['{"resourceSpans":[{"scopeSpans":[{"spans":{}}]}]}', /spans is not an array/],
    ] as const;
    for (const [body, message] of wrong) {
      assert.throws(() => readJson(Buffer.from(body)), message);
    }
    assert.throws(() => readJson(Buffer.from([0x22, 0xff, 0x22])), /not valid UTF-8/);
  });
});

describe('a bad span', () => {
  it('is rejected alone, in protobuf', () => {
    const good = spanFields('0000000000000001');
    const bad = [
      [spanFields('00'), /span id is not 8 bytes/],
      [spanFields('0000000000000002', 'aa'), /trace id is not 16 bytes/],
      [spanFields('0000000000000000'), /span id is zero/],
      [spanFields('0000000000000003', '0'.repeat(32)), /trace id is zero/],
      [
        Buffer.concat([spanFields('0000000000000004'), bytesField(4, 'abc')]),
        /parent span id is not/,
      ],
      [Buffer.concat([spanFields('0000000000000005'), Buffer.from([0x0a, 0x99])]), /ends in the/],
      [
        Buffer.concat([
          bytesField(1, Buffer.from(TRACE, 'hex')),
          bytesField(2, Buffer.from('0000000000000006', 'hex')),
        ]),
        /no times/,
      ],
    ] as const;
    for (const [span, reason] of bad) {
      const read = readProtobuf(requestOf(good, span, spanFields('0000000000000007')));
      assert.equal(read.rejected, 1);
      assert.match(read.reason, reason);
      assert.equal(read.spans.length, 2);
    }
  });

  it('is rejected alone, in JSON', () => {
    const bad = [
      [{ traceId: 'CvdlGRbNQ92ESOshHIAxnA==' }, /trace id is not 16 bytes/],
      [{ spanId: '' }, /span id is not 8 bytes/],
      [{ name: 5 }, /name is not a string/],
      [{ startTimeUnixNano: 'noon' }, /startTimeUnixNano is not an integer/],
      [{ startTimeUnixNano: '-1' }, /startTimeUnixNano is negative/],
      [{ startTimeUnixNano: '18446744073709551616' }, /startTimeUnixNano is not an integer/],
      [{ attributes: {} }, /attributes is not an array/],
      [{ events: [1] }, /events has an item/],
    ] as const;
    for (const [span, reason] of bad) {
      const { spans, rejected, reason: said } = json(span);
      assert.equal(spans.length, 0);
      assert.equal(rejected, 1);
      assert.match(said, reason);
    }
  });

  it('may have upper-case ids, a zero parent, itself as its parent, or times in the wrong order', () => {
    const span = only(
      json({
        traceId: TRACE.toUpperCase(),
        parentSpanId: '0000000000000000',
        startTimeUnixNano: '1790000000000000000',
        endTimeUnixNano: '1780000000000000000',
      }),
    );
    assert.equal(span.traceId, TRACE);
    assert.equal(span.parentSpanId, undefined);
    assert.equal(span.durationMs, 0);
    assert.equal(only(json({ parentSpanId: '00f067aa0ba902b7' })).parentSpanId, undefined);
    assert.equal(only(json({ endTimeUnixNano: undefined })).durationMs, 0);
  });
});

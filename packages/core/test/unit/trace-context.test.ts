import assert from 'node:assert/strict';
import { baggageMembers } from '../../src/http/request/baggage.ts';
import { newStepId } from '../../src/trace/ids/step-id.ts';
import { readCaller, spanIdOf, TraceIds } from '../../src/trace/ids/trace-context.ts';

const VALID = '00-12345678901234567890123456789012-1234567890123456-01';

describe('the span id of a step', () => {
  it('is 16 digits, and always the same', () => {
    const id = newStepId();
    assert.match(spanIdOf(id), /^[0-9a-f]{16}$/);
    assert.equal(spanIdOf(id), spanIdOf(id));
  });

  it('stays the same from version to version, since backends know exported spans by it', () => {
    for (const [id, spanId] of [
      ['00000000-0000-4000-8000-000000000000', 'a113a1e5bacfa68a'],
      ['0123abcd-4567-4def-89ab-cdef01234567', 'eadc2c76b7ba1e2c'],
      ['ffffffff-ffff-4fff-bfff-ffffffffffff', 'a422e6c7c75ea557'],
      ['9e107d9d-372b-4b68-a1d8-000000000001', 'f2f159ee22684108'],
      ['9e107d9d-372b-4b68-a1d8-000000000002', '1172121015a57079'],
    ] as const) {
      assert.equal(spanIdOf(id), spanId);
    }
  });

  it('is no other step of the process, and none of other processes', () => {
    const ids = new Set<string>();
    for (let i = 0; i < 200_000; i++) ids.add(spanIdOf(newStepId()));
    for (let i = 0; i < 100_000; i++) ids.add(spanIdOf(crypto.randomUUID()));
    assert.equal(ids.size, 300_000);
  });

  it('is not zero', () => {
    assert.notEqual(spanIdOf('00000000-0000-4000-8000-000000000000'), '0'.repeat(16));
  });

  it('changes half of its bits with each step', () => {
    const bits = (id: string) => BigInt(`0x${id}`);
    const differing: number[] = [];
    let before = bits(spanIdOf(newStepId()));
    for (let i = 0; i < 2000; i++) {
      const next = bits(spanIdOf(newStepId()));
      differing.push((before ^ next).toString(2).replaceAll('0', '').length);
      before = next;
    }
    const mean = differing.reduce((sum, each) => sum + each, 0) / differing.length;
    assert.ok(mean > 30 && mean < 34, `${mean} of 64`);
  });
});

describe('a caller', () => {
  const stateOf = (tracestate: string) => readCaller(VALID, () => tracestate)?.tracestate;

  it('has no tracestate with a control character', () => {
    assert.equal(stateOf('foo=\x7f'), undefined);
    assert.equal(stateOf('foo=a\x00b'), undefined);
    assert.equal(stateOf('foo=1'), 'foo=1');
  });

  it('has no tracestate of empty members alone', () => {
    assert.equal(stateOf(''), undefined);
    assert.equal(stateOf(' , ,'), undefined);
  });

  it('is not looked at further if its traceparent is invalid', () => {
    const parent = readCaller(`${VALID}x`, () => assert.fail('the tracestate was read'));
    assert.equal(parent, undefined);
  });
});

describe('the ids of a trace', () => {
  it('has the digits of a generated UUID, and random ones for another id', () => {
    const uuid = crypto.randomUUID();
    assert.equal(TraceIds.new(uuid).traceId, uuid.replaceAll('-', ''));
    const other = TraceIds.new('not-a-uuid').traceId;
    assert.match(other, /^[0-9a-f]{32}$/);
    assert.notEqual(other, TraceIds.new('not-a-uuid').traceId);
  });
});

describe('baggage', () => {
  it('that is too long is read up to its last whole member', () => {
    const names = new Set(['a', 'b', 'c']);
    const header = `a=1,b=${'x'.repeat(8180)},c=${'y'.repeat(100)}`;
    assert.deepEqual({ ...baggageMembers(header, names) }, { a: '1', b: 'x'.repeat(8180) });
    assert.deepEqual({ ...baggageMembers(`a=1,b=${'x'.repeat(9000)}`, names) }, { a: '1' });
    assert.equal(baggageMembers(`b=${'x'.repeat(9000)}`, names), undefined);
  });
});

/** The value of a captured body. */

import assert from 'node:assert/strict';
import { Diagnostics } from '../../src/diagnostics/diagnostics.ts';
import { BodyCapture } from '../../src/http/body/body-capture.ts';
import { bodyText } from '../../src/http/body/body-value.ts';
import { RecordedTrace } from '../../src/trace/recorded-trace.ts';
import { defaultScope } from '../../src/trace/scope.ts';
import { Redactor } from '../../src/values/redactor.ts';
import { Snapshotter } from '../../src/values/snapshotter.ts';

function traceOf(): RecordedTrace {
  const redactor = new Redactor();
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
      takeEnded() {},
    },
    'job',
    'id',
    undefined,
  );
}

/** What is recorded of a form of which that many bytes are kept. */
function formValue(text: string, maxBytes: number, convert?: (body: unknown) => unknown): unknown {
  const capture = new BodyCapture(maxBytes);
  capture.addText(text, 'utf8');
  const facts = {
    contentType: 'application/x-www-form-urlencoded; charset=utf-8',
    contentEncoding: undefined,
  };
  return JSON.parse(bodyText(traceOf(), capture, facts, convert) ?? 'null');
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

import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { RowUpdateBodies } from '../../src/tracer/row-updates/row-update-body.ts';
import { Redactor } from '../../src/values/redaction/redactor.ts';

describe('an update that cannot be written as JSON', () => {
  const bodies = new RowUpdateBodies(new Redactor(undefined));
  const THROWN: readonly (readonly [what: string, thrown: unknown, reason: string])[] = [
    ['an error', new Error('no'), 'no'],
    ['an error of another realm', runInNewContext(`new TypeError('no')`), 'no'],
    ['a DOMException', new DOMException('no'), 'no'],
    ['a string', 'no', 'no'],
    ['nothing', undefined, 'undefined'],
  ];
  for (const [what, thrown, reason] of THROWN) {
    it(`says why: a toJSON that throws ${what}`, () => {
      const column = {
        toJSON: () => {
          throw thrown;
        },
      };
      assert.throws(() => bodies.textOf('id', { row: { column } }), {
        name: 'TypeError',
        message: `row cannot be written as JSON: ${reason}`,
        cause: thrown,
      });
    });
  }
});

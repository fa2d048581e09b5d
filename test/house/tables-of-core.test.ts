import assert from 'node:assert/strict';
import type { StepType } from '@openlayer-tracing/core/wire';
// Local may not import these tables of core at run time, and neither package exports its own.
import { RESERVED as RESERVED_IN_CORE } from '../../packages/core/src/publish/row/layout.ts';
import {
  FIELDS as FIELDS_IN_CORE,
  type Field,
} from '../../packages/core/src/trace/model/step-fields.ts';
import { FIELDS, stepFields } from '../../packages/local/src/otlp/step-fields.ts';
import { RESERVED } from '../../packages/local/src/otlp/trace-row.ts';

/** Values of each kind of field, and values that no field of the kind takes. */
const SAMPLES: Readonly<
  Record<Field['kind'], { readonly right: readonly unknown[]; readonly wrong: readonly unknown[] }>
> = {
  string: { right: ['', 'a'], wrong: [1, null, ['a']] },
  amount: { right: [0, 1.5], wrong: [-1, Number.NaN, Number.POSITIVE_INFINITY, '1'] },
  count: { right: [0, 3], wrong: [1.5, -1, '1'] },
  object: { right: [{ a: 1 }], wrong: ['a', 1, null, [1]] },
  counts: { right: [{ a: 1 }], wrong: ['a', 1, null, [1]] },
  array: { right: [[], [1, 'a']], wrong: ['a', {}, null] },
  strings: { right: [[], ['a']], wrong: [[1], 'a', null] },
  any: { right: ['a', 1, { a: 1 }], wrong: [undefined] },
};

describe('rows of spans', () => {
  it('keep the columns free that core reserves, and status', () => {
    assert.deepEqual([...RESERVED].sort(), [...RESERVED_IN_CORE, 'status'].sort());
  });

  for (const [type, fields] of Object.entries(FIELDS_IN_CORE) as [StepType, readonly Field[]][]) {
    it(`have the fields that core sends for a step of type ${type}`, () => {
      assert.deepEqual(
        Object.keys(FIELDS[type]),
        fields.map(({ name }) => name),
      );
      const required = fields.filter(({ isRequired }) => isRequired).map(({ name }) => name);
      assert.deepEqual(Object.keys(stepFields(type, {})), required);
      for (const { name, kind, isRequired } of fields) {
        const { right, wrong } = SAMPLES[kind];
        for (const value of right)
          assert.deepEqual(stepFields(type, { [name]: value })[name], value);
        for (const value of wrong) {
          assert.equal(stepFields(type, { [name]: value })[name], isRequired ? null : undefined);
        }
      }
    });
  }
});

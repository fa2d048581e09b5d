import assert from 'node:assert/strict';
import { getTracer } from '@openlayer-tracing/core';
import { ClientTypes } from './client-types.ts';
import { type AnswerTable, assertTold, factsOf } from './facts.ts';
import { type MarkOptions, markedValues } from './marked-value.ts';

/** An answer as clients have them. */
export interface SampleAnswer {
  id: string;
  created?: number | null;
  kind: 'answer';
  reason: 'stop' | 'length';
  outcome: 'stop' | 'length';
  status: 'stop' | 'length';
  isSafe: boolean;
  content: string | SamplePart[];
  parts: SamplePart[];
  labels: Record<string, number>;
  parent?: SampleAnswer;
  onEnd(): void;
}

type SamplePart = { type: 'text'; text: string } | { type: 'image'; image: { url: string } };

const TYPES = { Sample: "import('./marked-value.test.ts').SampleAnswer" };

function sample(types: ClientTypes, options?: MarkOptions): SampleAnswer {
  const [first] = markedValues(types, types.type('Sample'), options);
  assert.ok(first);
  return first.value as SampleAnswer;
}

describe('a value in which every field is marked', () => {
  let types: ClientTypes;

  before(() => {
    types = new ClientTypes(TYPES);
  });

  it('has every field of its type, and each variant of a list', () => {
    const { id, created, kind, status, isSafe, parts, labels } = sample(types);
    assert.match(id, /^mark\d+x$/);
    assert.equal(typeof created, 'number');
    assert.deepEqual([kind, status, isSafe], ['answer', 'stop', true]);
    assert.deepEqual(
      parts.map(({ type }) => type),
      ['text', 'image'],
    );
    assert.equal(Object.keys(labels).length, 1);
  });

  it('has marks that differ, and the way to each', () => {
    const [first] = markedValues(types, types.type('Sample'));
    const leaves = first?.leaves ?? [];
    const marks = leaves.filter(({ kind }) => kind === 'text' || kind === 'number');
    assert.equal(new Set(marks.map(({ value }) => value)).size, marks.length);
    const paths = leaves.map(({ path }) => path);
    for (const path of ['id', 'reason', 'parts[image].image.url', 'labels.*', 'parent.id']) {
      assert.ok(paths.includes(path), path);
    }
    assert.ok(!paths.some((path) => path.startsWith('onEnd')));
  });

  it('comes once for each variant that stands alone', () => {
    const contents = markedValues(types, types.type('Sample')).map(
      ({ value }) => typeof (value as SampleAnswer).content,
    );
    assert.deepEqual(contents, ['string', 'object']);
  });

  it('can be set where it has a form of its own', () => {
    const set = { id: (mark: string) => `{"q":"${mark}"}`, created: 7 };
    const [first] = markedValues(types, types.type('Sample'), { set });
    const { id, created } = sample(types, { set });
    assert.match(id, /^\{"q":"mark\d+x"\}$/);
    assert.equal(created, 7);
    assert.ok(!first?.leaves.some(({ path }) => path === 'created'));
  });
});

describe('the table of an answer', () => {
  let types: ClientTypes;
  const table = (leftOut: AnswerTable['leftOut']): AnswerTable => ({
    title: 'Sample',
    type: 'Sample',
    ask: async () => {},
    leftOut,
  });

  before(() => {
    types = new ClientTypes(TYPES);
  });

  it('fails for a field that it does not know', async () => {
    const facts = await factsOf(types, table({ 'parts*': 'a sample' }));
    assert.throws(() => assertTold(table({ 'parts*': 'a sample' }), facts), /neither kept nor/);
  });

  it('tells words from equal ones of other fields', async () => {
    const kept = {
      ...table({}),
      ask: async ({ reason, outcome, status }: SampleAnswer) => {
        const metadata = { because: reason, said: status, is: { outcome: 'stop', status } };
        getTracer()
          .startTrace({ name: 'r', metadata: { ...metadata, other: outcome } })
          .end();
      },
    };
    const places = new Map((await factsOf(types, kept)).map(({ path, place }) => [path, place]));
    assert.deepEqual(
      [places.get('reason'), places.get('outcome'), places.get('status')],
      ['metadata.because', 'metadata.other', 'metadata.is.status'],
    );
    const lost = {
      ...kept,
      ask: async ({ status }: SampleAnswer) => {
        const metadata = { reason: 'stop', outcome: 'stop', said: status };
        getTracer().startTrace({ name: 'r', metadata }).end();
      },
    };
    const paths = (await factsOf(types, lost)).flatMap(({ path, place }) =>
      place === undefined ? [path] : [],
    );
    for (const path of ['reason', 'outcome', 'status']) assert.ok(paths.includes(path), path);
  });

  for (const [what, pattern, message] of [
    ['of a field, for those whose names begin alike', 'cont*', /neither kept nor/],
    ['of a name, wherever it stands', '*.url', /wherever it stands/],
  ] as const) {
    it(`knows no reason ${what}`, async () => {
      const others = ['id', 'created', 'kind', 'reason', 'outcome', 'status', 'isSafe', 'labels'];
      const above = ['parts', 'parent', ...(pattern === '*.url' ? ['content'] : []), ...others];
      const leftOut = {
        [pattern]: 'a reason',
        ...Object.fromEntries(above.map((field) => [`${field}*`, 'a sample'])),
      };
      const facts = await factsOf(types, table(leftOut));
      assert.throws(() => assertTold(table(leftOut), facts), message);
    });
  }

  it('fails for a reason that nothing needs', async () => {
    const leftOut = { '*': 'nothing is kept', 'choices[].index': 'there is none' };
    const facts = await factsOf(types, table(leftOut));
    assert.throws(() => assertTold(table(leftOut), facts), /do not exist/);
    assertTold(table({ '*': 'nothing is kept' }), facts);
  });
});

import assert from 'node:assert/strict';
import { Column } from '../../src/trace-index/facts/column.ts';
import { CHUNK_LENGTH, NO_COUNT } from '../../src/trace-index/facts/columns.ts';
import { Chance } from './random-rows.js';

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const chance = new Chance(seed);
const unknown = Number.NaN;

/** Each kind of values, and the bytes that one of a full chunk takes at most. */
const FLOATS: Record<string, readonly [bytes: number, make: (at: number) => number]> = {
  'all unknown': [0, () => unknown],
  'all equal': [0, () => 0.25],
  'small integers': [1, () => chance.below(255)],
  'small integers, some unknown': [1, (at) => (at % 3 === 0 ? unknown : 7 + chance.below(254))],
  'integers up to 255': [2, (at) => at % 256],
  'integers up to 65,534': [2, (at) => (at === 5 ? 65_534 : at)],
  'integers up to 65,535': [4, (at) => (at === 5 ? 65_535 : at)],
  'integers, some negative': [2, (at) => at - 9000],
  'integers that differ by 32 bits less two': [4, (at) => (at === 5 ? 2 ** 32 - 2 : at)],
  'integers that differ by 32 bits less one': [8, (at) => (at === 5 ? 2 ** 32 - 1 : at)],
  times: [4, (at) => 1_796_083_200_000 + at * 60 + chance.below(1000)],
  'times with fractions': [4, (at) => 1_796_083_200_000 + at * 60 + 0.5],
  'thousandths, some unknown': [4, (at) => (at % 5 === 0 ? unknown : chance.below(4e6) / 1000)],
  prices: [4, () => chance.below(4e6) / 1e6],
  'very small prices': [2, () => chance.below(60_000) / 1e9],
  fractions: [8, () => 1 / (1 + chance.below(1000))],
  'a negative zero': [8, (at) => (at === 5 ? -0 : 1)],
  'not finite': [8, (at) => (at === 5 ? Number.POSITIVE_INFINITY : at)],
  'far too large': [8, (at) => at * 1e300],
};

const COUNTS: typeof FLOATS = {
  'all unknown': [0, () => NO_COUNT],
  'small, some unknown': [1, (at) => (at % 3 === 0 ? NO_COUNT : chance.below(255))],
  'medium, some unknown': [2, (at) => (at % 3 === 0 ? NO_COUNT : 1e6 + chance.below(65_000))],
  large: [4, (at) => (at === 5 ? NO_COUNT - 1 : at)],
};

const ALL = Uint16Array.from({ length: CHUNK_LENGTH }, (_, at) => at);
const someIndexes = () => ALL.filter(() => chance.below(100) === 0);

describe('a column of a full chunk', () => {
  before(() => console.log(`      SEED=${seed}`));

  for (const [kind, [bytes, make]] of Object.entries(FLOATS)) {
    it(`has exactly the same numbers in less memory: ${kind}`, () => {
      const floats = () => new Float64Array(CHUNK_LENGTH);
      check(new Column(floats, floats(), unknown), bytes, make);
    });
  }
  for (const [kind, [bytes, make]] of Object.entries(COUNTS)) {
    it(`has exactly the same counts in less memory: ${kind}`, () => {
      const counts = () => new Uint32Array(CHUNK_LENGTH);
      check(new Column(counts, counts(), NO_COUNT), bytes, make);
    });
  }

  function check(
    column: Column<Float64Array<ArrayBuffer>> | Column<Uint32Array<ArrayBuffer>>,
    bytes: number,
    make: (at: number) => number,
  ): void {
    const model = Array.from(ALL, (at) => make(at));
    const isSame = (indexes: Uint16Array) => {
      const values = column.read(indexes);
      for (const at of indexes) {
        if (Object.is(values[at], model[at]) && Object.is(column.at(at), model[at])) continue;
        assert.fail(`SEED=${seed}: ${values[at]}, ${column.at(at)}, not ${model[at]} at ${at}`);
      }
    };
    for (const [at, value] of model.entries()) column.set(at, value);
    isSame(ALL);
    column.seal();
    assert.equal(column.bytes, bytes * CHUNK_LENGTH);
    isSame(ALL);
    isSame(someIndexes());
    // Updates of traces: values of the same kind, then of any.
    for (let i = 0; i < 100; i += 1) {
      const at = chance.below(CHUNK_LENGTH);
      model[at] = model[chance.below(CHUNK_LENGTH)] ?? 0;
      column.set(at, model[at]);
    }
    assert.equal(column.bytes, bytes * CHUNK_LENGTH);
    isSame(ALL);
    for (let i = 0; i < 10; i += 1) {
      const at = chance.below(CHUNK_LENGTH);
      model[at] = chance.below(2 ** 31);
      column.set(at, model[at]);
    }
    isSame(ALL);
    isSame(someIndexes());
  }
});

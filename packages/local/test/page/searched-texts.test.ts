/** Which texts of a trace a search finds: all of the app's, wherever they are, and none that only we have written. */

import assert from 'node:assert/strict';
import type { FoundSteps, GroupPage, TracePage } from '../../src/page-api.ts';
import { requestOf, send } from '../client.js';
import { got, lenientServer } from './read.js';

const ROOT = {
  ...{ name: 'POST /x', id: 'idofstep', type: 'typeofstep', inputs: null, output: null },
  ...{ groundTruth: null, latency: 7771, startTime: 7772, endTime: 7773, steps: [] },
};
const NAMES = ['id', 'type', 'method', 'outcome', 'steps', 'modelParameters', 'terms', 'latency'];

/** Where an app's object is in a row. */
const PLACES: Readonly<Record<string, (value: object) => object>> = {
  'a column': (value) => value,
  'the output': (output) => ({ output }),
  'an input': (body) => ({ body }),
  'a list in an input': (value) => ({ body: { list: [value] } }),
  metadata: (metadata) => ({ metadata }),
  'the inputs of a step': (inputs) => ({ steps: [{ ...ROOT, inputs }] }),
  'the metadata of a step': (metadata) => ({ steps: [{ ...ROOT, metadata }] }),
  'the output of a step below': (output) => ({
    steps: [{ ...ROOT, steps: [{ ...ROOT, id: 'below', output: { deep: [[output]] } }] }],
  }),
};

describe('a search', () => {
  for (const [place, columnsOf] of Object.entries(PLACES)) {
    it(`finds texts under any name in ${place}`, async () => {
      await using server = await lenientServer();
      const missed: string[] = [];
      for (const [index, name] of NAMES.entries()) {
        if (place === 'a column' && (name === 'steps' || name === 'latency')) continue;
        for (const [value, sought] of [
          [`word${index}`, `word${index}`],
          [{ inner: [`nested${index}`] }, `nested${index}`],
          [20_140 + index, String(20_140 + index)],
        ] as const) {
          await send(server, requestOf(`r-${index}`, columnsOf({ [name]: value })));
          const { total } = await got<TracePage>(server, `traces?q=${sought}`);
          if (total !== 1) missed.push(`${name}: ${sought} (${total})`);
        }
      }
      assert.deepEqual(missed, []);
    });
  }

  it('does not find ids, types, times and counts that are the same for all traces or mean nothing', async () => {
    await using server = await lenientServer();
    const http = { method: 'methodofhttp', outcome: 'outcomeofhttp', timeToFirstByteMs: 7774 };
    const model = { modelParameters: { stop: 'stopofmodel' }, promptTokens: 7775, tokens: 7776 };
    const metadata = { timeToFirstToken: 7777, chunkTimes: [7778], http };
    await send(
      server,
      requestOf('r-1', {
        ...{ inferenceTimestamp: 1_790_000_007, latency: 7779, tokens: 7780, metadata: { http } },
        steps: [{ ...ROOT, metadata, ...model, steps: [{ ...ROOT, ...model, metadata }] }],
      }),
    );
    const words = 'idofstep typeofstep methodofhttp outcomeofhttp stopofmodel 1790000007'.split(
      ' ',
    );
    for (let number = 7771; number <= 7780; number++) words.push(String(number));
    const found: string[] = [];
    for (const word of words) {
      if ((await got<TracePage>(server, `traces?q=${word}`)).total > 0) found.push(word);
    }
    assert.deepEqual(found, []);
  });
});

describe('the search in a trace', () => {
  it('finds the texts of a step, and no names of its fields', async () => {
    await using server = await lenientServer();
    const root = { ...ROOT, id: 'r', type: 'tool' };
    const below = { ...root, name: 'lookup', inputs: { customer: 'Zoë "Z" Ünal' }, output: [4821] };
    await send(server, requestOf('r-1', { steps: [{ ...root, steps: [below] }] }));
    const found = async (q: string) => {
      const path = `traces/1/find?q=${encodeURIComponent(q)}`;
      return (await got<FoundSteps>(server, path)).steps;
    };
    for (const q of ['lookup', 'zoe', '"Z"', 'ÜNAL', '4821'])
      assert.deepEqual(await found(q), [1], q);
    for (const name of [...Object.keys(below), 'customer']) {
      assert.deepEqual(await found(name === 'name' ? 'nam' : name.toUpperCase()), [], name);
    }
  });
});

describe('a search for sessions and users', () => {
  it('ignores case and accents, as a search for traces does', async () => {
    await using server = await lenientServer();
    const ids = { user_id: 'JOSÉ \n Müller', session_id: 'Séance-Ä' };
    await send(server, requestOf('r-1', ids));
    await send(server, requestOf('r-2', { user_id: 'other', session_id: 'other' }));
    for (const [path, queries] of [
      ['users', ['jose', 'José', 'muller', 'JOSÉ \n m']],
      ['sessions', ['seance', 'SÉANCE-a']],
      ['traces', ['jose', 'seance', 'MULLER']],
    ] as const) {
      for (const q of queries) {
        const page = await got<Partial<GroupPage & TracePage>>(
          server,
          `${path}?q=${encodeURIComponent(q)}`,
        );
        assert.equal((page.groups ?? page.traces)?.length, 1, `${path} ${q}`);
      }
    }
  });
});

/** One arithmetic for the tokens of all clients. */

import assert from 'node:assert/strict';
import { laterCounts, type TokenCounts, tokenFields } from '@openlayer-tracing/core/integration';

/** What comes out, without what is not known. */
function fieldsOf(counts: TokenCounts) {
  const { promptTokens, completionTokens, tokens, usageDetails } = tokenFields(counts);
  return { all: [promptTokens, completionTokens, tokens], usageDetails };
}

describe('tokenFields', () => {
  const cases: readonly [what: string, TokenCounts, ReturnType<typeof fieldsOf>][] = [
    [
      'knows nothing of nothing',
      {},
      { all: [undefined, undefined, undefined], usageDetails: undefined },
    ],
    [
      'adds up what it was told',
      { input: 120, output: 30, cached: 100 },
      {
        all: [120, 30, 150],
        usageDetails: { input_tokens: 20, output_tokens: 30, cached_tokens: 100 },
      },
    ],
    [
      'takes all of a total beyond the input for output where no output was told',
      { input: 10, total: 15 },
      { all: [10, 5, 15], usageDetails: { input_tokens: 10, output_tokens: 5 } },
    ],
    [
      'takes what a total says beyond input and output for output',
      { input: 32, output: 9, total: 135, reasoning: 94 },
      { all: [32, 103, 135], usageDetails: { input_tokens: 32, output_tokens: 103 } },
    ],
    [
      'takes thoughts for a part of the output where the total says so',
      { input: 32, output: 9, total: 41, reasoning: 8 },
      { all: [32, 9, 41], usageDetails: { input_tokens: 32, output_tokens: 9 } },
    ],
    [
      'adds thoughts that cannot be a part of the output',
      { input: 32, output: 9, reasoning: 94 },
      { all: [32, 103, 135], usageDetails: { input_tokens: 32, output_tokens: 103 } },
    ],
    [
      'adds what was read from a cache where it cannot be a part of the input',
      { input: 10, output: 5, cached: 100, cacheCreation: 20 },
      {
        all: [130, 5, 135],
        usageDetails: {
          input_tokens: 10,
          output_tokens: 5,
          cached_tokens: 100,
          cache_creation_tokens: 20,
        },
      },
    ],
    [
      'cuts a part that the total leaves no room for',
      { input: 10, output: 5, total: 15, cached: 100, reasoning: 50 },
      { all: [10, 5, 15], usageDetails: { output_tokens: 5, cached_tokens: 10 } },
    ],
    [
      'makes a total that is too small the sum',
      { input: 10, output: 5, total: 0 },
      { all: [10, 5, 15], usageDetails: { input_tokens: 10, output_tokens: 5 } },
    ],
    [
      'finds the output that a total tells',
      { input: 10, total: 15 },
      { all: [10, 5, 15], usageDetails: { input_tokens: 10, output_tokens: 5 } },
    ],
    [
      'keeps a total alone',
      { total: 15 },
      { all: [undefined, undefined, 15], usageDetails: undefined },
    ],
    [
      'has writes to a cache where only those for an hour are told',
      { input: 50, output: 1, cacheCreationHour: 40 },
      {
        all: [50, 1, 51],
        usageDetails: { input_tokens: 10, output_tokens: 1, cache_creation_tokens: 40 },
      },
    ],
    [
      'counts cached sound once',
      { input: 100, output: 1, cached: 60, audioInput: 50, cachedAudio: 30 },
      {
        all: [100, 1, 101],
        usageDetails: {
          input_tokens: 20,
          output_tokens: 1,
          cached_tokens: 60,
          audio_input_tokens: 20,
        },
      },
    ],
    [
      'leaves pictures in the input, which the platform prices',
      { input: 100, output: 60, imageInput: 90, imageOutput: 50 },
      { all: [100, 60, 160], usageDetails: { input_tokens: 100, output_tokens: 60 } },
    ],
    [
      'takes what was read from a cache for a part of an input of the same size',
      { input: 100, output: 1, cached: 90, cacheCreation: 10 },
      {
        all: [100, 1, 101],
        usageDetails: { output_tokens: 1, cached_tokens: 90, cache_creation_tokens: 10 },
      },
    ],
    [
      'adds what was read from a cache where the total has just room for it',
      { input: 10, output: 5, total: 115, cached: 100 },
      {
        all: [110, 5, 115],
        usageDetails: { input_tokens: 10, output_tokens: 5, cached_tokens: 100 },
      },
    ],
    [
      'adds it where no output is known',
      { input: 10, total: 110, cached: 100 },
      { all: [110, undefined, 110], usageDetails: { input_tokens: 10, cached_tokens: 100 } },
    ],
    [
      'adds thoughts where the total has just room for them, and no input is known',
      { output: 9, total: 103, reasoning: 94 },
      { all: [undefined, 103, 103], usageDetails: { output_tokens: 103 } },
    ],
    [
      'takes thoughts and cited pages for a part of an output of the same size',
      { input: 1, output: 9, reasoning: 5, citation: 4 },
      { all: [1, 9, 10], usageDetails: { input_tokens: 1, output_tokens: 9 } },
    ],
    [
      'adds thoughts and cited pages that cannot be a part of it together',
      { input: 1, output: 8, reasoning: 5, citation: 4 },
      { all: [1, 17, 18], usageDetails: { input_tokens: 1, output_tokens: 17 } },
    ],
    [
      'finds the input that a total tells',
      { output: 5, total: 15 },
      { all: [10, 5, 15], usageDetails: { input_tokens: 10, output_tokens: 5 } },
    ],
    [
      'finds no output in a total of the input alone',
      { input: 15, total: 15 },
      { all: [15, undefined, 15], usageDetails: { input_tokens: 15 } },
    ],
    [
      'finds no input in a total of the output alone',
      { output: 15, total: 15 },
      { all: [undefined, 15, 15], usageDetails: { output_tokens: 15 } },
    ],
    [
      'makes a total that is smaller than the input as large',
      { input: 20, total: 15 },
      { all: [20, undefined, 20], usageDetails: { input_tokens: 20 } },
    ],
    [
      'makes a total that is smaller than the output as large',
      { output: 20, total: 15 },
      { all: [undefined, 20, 20], usageDetails: { output_tokens: 20 } },
    ],
    [
      'has cached sound where only that is told',
      { input: 100, output: 1, cached: 60, cachedAudio: 30 },
      {
        all: [100, 1, 101],
        usageDetails: { input_tokens: 40, output_tokens: 1, cached_tokens: 60 },
      },
    ],
    [
      'cuts sound to what the cache leaves of the input',
      { input: 100, output: 1, cached: 60, audioInput: 90, cachedAudio: 30 },
      {
        all: [100, 1, 101],
        usageDetails: { output_tokens: 1, cached_tokens: 60, audio_input_tokens: 40 },
      },
    ],
    [
      'ignores what is no count',
      { input: Number.NaN, output: -1, total: Number.POSITIVE_INFINITY, cached: -5 },
      { all: [undefined, undefined, undefined], usageDetails: undefined },
    ],
  ];
  for (const [what, counts, expected] of cases) {
    it(what, () => assert.deepEqual(fieldsOf(counts), expected));
  }
});

const KEYS = [
  ...['input', 'output', 'total', 'cached', 'cacheCreation', 'cacheCreationHour'],
  ...['audioInput', 'imageInput', 'videoInput', 'cachedAudio', 'cachedImage'],
  ...['audioOutput', 'imageOutput', 'videoOutput', 'reasoning', 'citation'],
] as const;

describe('tokenFields, whatever it is told', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = randomOf(seed);

  it('has parts within their wholes, and nothing negative', () => {
    for (let i = 0; i < 20_000; i++) {
      const told = countsBy(random);
      const about = `seed ${seed}: ${JSON.stringify(told)}`;
      const { promptTokens, completionTokens, tokens, usageDetails, tokenCounts } =
        tokenFields(told);
      const { input = 0, output = 0, ...parts } = tokenCounts ?? {};
      for (const count of [promptTokens, completionTokens, tokens, ...Object.values(parts)]) {
        assert.ok(count === undefined || (Number.isFinite(count) && count >= 0), about);
      }
      if (promptTokens !== undefined && completionTokens !== undefined) {
        assert.equal(tokens, promptTokens + completionTokens, about);
        const shared = Object.values(usageDetails ?? {}).reduce((sum, each) => sum + each, 0);
        assert.equal(shared, tokens, about);
      }
      if (tokenCounts === undefined || promptTokens === undefined) continue;
      const { cached = 0, cacheCreation = 0, cachedAudio = 0, cachedImage = 0 } = parts;
      const { audioInput = 0, imageInput = 0, videoInput = 0, cacheCreationHour = 0 } = parts;
      const fresh = audioInput - cachedAudio + imageInput - cachedImage + videoInput;
      assert.ok(cached + cacheCreation + fresh <= input, about);
      assert.ok(cachedAudio + cachedImage <= cached, about);
      assert.ok(cacheCreationHour <= cacheCreation, about);
      if (completionTokens === undefined) continue;
      const {
        audioOutput = 0,
        imageOutput = 0,
        videoOutput = 0,
        reasoning = 0,
        citation = 0,
      } = parts;
      assert.ok(audioOutput + imageOutput + videoOutput + reasoning + citation <= output, about);
    }
  });

  it('never tells less than it was told, and the same when it is told so again', () => {
    for (let i = 0; i < 20_000; i++) {
      const told = countsBy(random);
      const about = `seed ${seed}: ${JSON.stringify(told)}`;
      const fields = tokenFields(told);
      assert.ok((fields.promptTokens ?? 0) >= (told.input ?? 0), about);
      assert.ok((fields.completionTokens ?? 0) >= (told.output ?? 0), about);
      assert.ok((fields.tokens ?? 0) >= (told.total ?? 0), about);
      assert.deepEqual(tokenFields(fields.tokenCounts ?? {}), fields, about);
    }
  });
});

describe('later counts', () => {
  it('replace what they tell, and nothing by 0 or by nothing', () => {
    const known = { input: 120, output: 1, cached: 100, reasoning: 3 };
    assert.deepEqual(
      laterCounts(known, { input: 0, output: 30, cached: undefined, reasoning: 0 }),
      {
        input: 120,
        output: 30,
        cached: 100,
        reasoning: 3,
        total: undefined,
      },
    );
    assert.deepEqual(laterCounts(known, undefined), known);
    assert.deepEqual(laterCounts(undefined, known), known);
    assert.deepEqual(laterCounts({ input: 5 }, { cached: 0 }), { input: 5, cached: 0 });
  });

  it('keep a total until there is an input or an output that it may lack', () => {
    const known = { input: 5, total: 9 };
    for (const later of [{}, { cached: 3 }, { input: 0 }, { output: 0 }, { input: 0, output: 0 }]) {
      assert.equal(laterCounts(known, later)?.total, 9);
    }
    for (const later of [{ input: 1 }, { output: 1 }, { input: 1, output: 0 }]) {
      assert.equal(laterCounts(known, later)?.total, undefined);
    }
    assert.equal(laterCounts(known, { output: 1, total: 6 })?.total, 6);
  });
});

function countsBy(random: () => number): TokenCounts {
  const told: Record<string, number> = {};
  for (const key of KEYS) {
    if (random() < 0.5) told[key] = Math.floor(random() * (random() < 0.3 ? 1000 : 40));
  }
  return told;
}

function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

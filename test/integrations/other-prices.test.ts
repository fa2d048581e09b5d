/** What calls cost by the price list, against another list: the same for every model of both, or known to differ. */

import assert from 'node:assert/strict';
import type { TokenCounts } from '@openlayer-tracing/core/integration';
import { prices } from '@openlayer-tracing/integrations/pricing';
import other from './other-prices.json' with { type: 'json' };
import { pricedCall } from './priced-call.ts';

const pricing = prices();

type Part = 'input' | 'output' | 'cached' | 'cacheCreation';
type Rates = readonly (number | null)[];
type Row = Rates | { readonly short: Rates; readonly above: number; readonly long: Rates };

/** Differences of which the cause is known, by provider and model. Ours is right, or the other list is older. */
const KNOWN: readonly (readonly [model: RegExp, parts: readonly string[], cause: string])[] = [
  [
    /^bedrock ((au|eu)\.)?anthropic\.claude-/,
    ['input', 'output', 'cached', 'cacheCreation'],
    'AWS charges 10 % more in a region or geography; the other list has the price of the global profile',
  ],
  [
    /^bedrock us\.anthropic\.claude-opus-4-6/,
    ['cached', 'cacheCreation'],
    'the 10 % of a geography are missing from the other list for caches alone',
  ],
  [
    /^bedrock global\.anthropic\.claude-sonnet-4-6/,
    ['input', 'output', 'cached', 'cacheCreation'],
    'the other list has the price of a geography for the global profile',
  ],
  [
    /^openai gpt-5\.6(-sol)?$/,
    ['long input', 'long output', 'long cached', 'long cacheCreation'],
    'the other list kept the long prices of before 21 August 2026; on Azure they are 8 and 30 dollars too',
  ],
  [/^azure gpt-4$/, ['input', 'output'], 'the other list has the price of gpt-4-32k'],
  [/^azure gpt-5(-codex|-mini|-nano)?$/, ['cached'], 'rounded to cents'],
  [/^azure gpt-5\.2$/, ['cached'], 'the other list has the price of gpt-5.1'],
  [
    /^google gemini-2\.5-(flash|pro)(-lite)?-preview-/,
    ['cached'],
    'the other list kept prices of before Google cut them to a tenth of the input',
  ],
  [
    /^mistral ministral-8b-latest$/,
    ['input', 'output'],
    'Ministral 3 8B since 2 December 2025, by the docs repository of Mistral',
  ],
  [
    /^mistral voxtral-small-latest$/,
    ['output'],
    'raised on 11 August 2026, by the docs repository of Mistral',
  ],
  [
    /^fireworks_ai deepseek-v4-pro$/,
    ['input', 'output', 'cached'],
    "the other list has DeepSeek's own price",
  ],
  [
    /^fireworks_ai gpt-oss-120b$/,
    ['input', 'output'],
    "the other list has Cerebras' price; Fireworks' docs have ours",
  ],
  [/^openrouter openai\/gpt-5\.1-(chat|codex|codex-mini)$/, ['cached'], 'rounded to two digits'],
  [
    /^moonshotai kimi-k2-turbo-preview$/,
    ['input', 'output', 'cached'],
    'the other list kept prices of before November 2025',
  ],
];

interface Difference {
  readonly model: string;
  readonly part: string;
  readonly ours: number;
  readonly theirs: number;
}

/** US dollars for a million tokens of that part, in a call with so much input; undefined where the call has no price. */
function rateOf(provider: string, model: string, part: Part, input: number): number | undefined {
  const priceOf = (tokens: TokenCounts) => pricing.price(pricedCall(provider, model, { tokens }));
  const size = part === 'output' ? 1000 : input;
  const without = part === 'output' ? priceOf({ input, output: 0 }) : 0;
  const all = priceOf({ input, output: part === 'output' ? size : 0, [part]: size });
  if (all === undefined || without === undefined) return undefined;
  return ((all - without) / size) * 1e6;
}

const PARTS: readonly Part[] = ['input', 'output', 'cached', 'cacheCreation'];

function* ratesOf(row: Row): Generator<readonly [part: Part, theirs: number, input: number]> {
  const isFlat = Array.isArray(row);
  const { short, long, above } = isFlat
    ? { short: row as Rates, long: [], above: 0 }
    : (row as Exclude<Row, Rates>);
  for (const [index, part] of PARTS.entries()) {
    // The other list has 0 for what it does not know.
    if (short[index]) yield [part, short[index], 1000];
    if (long[index]) yield [part, long[index], above + 1000];
  }
}

function compare(): { differences: readonly Difference[]; same: number; unpriced: number } {
  const differences: Difference[] = [];
  let same = 0;
  let unpriced = 0;
  for (const [provider, models] of Object.entries(other.models)) {
    for (const [model, row] of Object.entries(models) as [string, Row][]) {
      for (const [part, theirs, input] of ratesOf(row)) {
        const ours = rateOf(provider, model, part, input);
        if (ours === undefined) unpriced++;
        else if (Math.abs(ours - theirs) <= 0.01 * theirs) same++;
        else {
          const name = input > 1000 ? `long ${part}` : part;
          differences.push({ model: `${provider} ${model}`, part: name, ours, theirs });
        }
      }
    }
  }
  return { differences, same, unpriced };
}

describe('the prices of another list', () => {
  let compared: ReturnType<typeof compare>;
  before(async () => {
    await pricing.ready?.();
    compared = compare();
  });

  it('are ours within one percent, or known to differ', () => {
    const isKnown = ({ model, part }: Difference) =>
      KNOWN.some(([models, parts]) => models.test(model) && parts.includes(part));
    assert.deepEqual(
      compared.differences.filter((each) => !isKnown(each)),
      [],
    );
    assert.ok(compared.same > 1200, `only ${compared.same} prices could be compared`);
  });

  it('differ where a difference is known', () => {
    for (const [models, parts, cause] of KNOWN) {
      for (const part of parts) {
        const isSeen = compared.differences.some(
          (each) => models.test(each.model) && each.part === part,
        );
        assert.ok(isSeen, `${models}, ${part}: no difference any more (${cause})`);
      }
    }
  });
});

/** Reads objects of token counts, in the spelling of any dialect. */

import {
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  type TokenCounts,
} from '@openlayer-tracing/core/integration';
import { lookUp } from '../data/look-up.js';
import { type Counts, readMember } from '../facts/facts.js';

type Count = keyof TokenCounts;

/** Names of counts in an object of counts, in any dialect. */
const COUNTS: ReadonlyMap<string, Count> = new Map(
  Object.entries({
    input: 'input prompt input_tokens prompt_tokens inputTokens promptTokens',
    output: 'output completion output_tokens completion_tokens outputTokens completionTokens',
    total: 'total total_tokens totalTokens',
    cached:
      'input_cached_tokens input_cache_read cache_read_input_tokens cached_tokens cachedInputTokens cachedPromptTokens cacheReadInputTokens',
    cacheCreation:
      'input_cache_creation cache_creation_input_tokens input_cache_creation_tokens cache_write_input_tokens cacheWriteInputTokens cacheCreationInputTokens',
    audioInput: 'input_audio_tokens input_audio',
    audioOutput: 'output_audio_tokens output_audio',
    reasoning: 'output_reasoning_tokens output_reasoning reasoning_tokens reasoningTokens',
  }).flatMap(([count, names]) => names.split(' ').map((name) => [name, count as Count] as const)),
);

/** The counts in the details of an object of counts: of its input or of its output, or of either. */
const DETAILS: readonly (readonly [field: RegExp, counts: Readonly<Record<string, Count>>])[] = [
  [
    /^(input|prompt)(_tokens?_d|Tokens?D)etails$/,
    {
      ...{ cache_read: 'cached', cached_tokens: 'cached', cachedTokens: 'cached' },
      ...{ cacheReadTokens: 'cached', cache_creation: 'cacheCreation' },
      ...{ cache_creation_tokens: 'cacheCreation', cacheWriteTokens: 'cacheCreation' },
      ...{ audio: 'audioInput', audio_tokens: 'audioInput', audioTokens: 'audioInput' },
      ...{ image: 'imageInput', image_tokens: 'imageInput', imageTokens: 'imageInput' },
      ...{ video: 'videoInput', video_tokens: 'videoInput', videoTokens: 'videoInput' },
    },
  ],
  [
    /^(output|completion)(_tokens?_d|Tokens?D)etails$/,
    {
      ...{ reasoning: 'reasoning', reasoning_tokens: 'reasoning', reasoningTokens: 'reasoning' },
      ...{ audio: 'audioOutput', audio_tokens: 'audioOutput', audioTokens: 'audioOutput' },
      ...{ image: 'imageOutput', image_tokens: 'imageOutput', imageTokens: 'imageOutput' },
      ...{ video: 'videoOutput', video_tokens: 'videoOutput', videoTokens: 'videoOutput' },
    },
  ],
];

const INPUT_PARTS: readonly Count[] = ['cached', 'cacheCreation', 'audioInput'];
const OUTPUT_PARTS: readonly Count[] = ['reasoning', 'audioOutput'];

/** The counts in an object of counts and in its details; undefined if there are none. */
export function countsIn(usage: unknown): Counts | undefined {
  const { counts } = readUsage(usage);
  return Object.keys(counts).length > 0 ? withParts(counts) : undefined;
}

/** The fields of an object of counts that are no known counts; undefined if there are none. */
export function unknownCountsIn(usage: unknown): JsonObject | undefined {
  const { others } = readUsage(usage);
  return Object.keys(others).length > 0 ? others : undefined;
}

interface ReadUsage {
  readonly counts: Counts;
  readonly others: JsonObject;
}

function readUsage(usage: unknown): ReadUsage {
  const counts: Partial<Record<Count, number>> = {};
  const others: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(objectOrEmpty(usage))) {
    const [, names] = DETAILS.find(([field]) => field.test(name)) ?? [];
    if (names === undefined || !isJsonObject(value)) {
      if (!takeCount(counts, COUNTS.get(name), value)) others[name] = value;
      continue;
    }
    const details = Object.entries(value).filter(
      ([detail, each]) => !takeCount(counts, lookUp(names, detail), each),
    );
    if (details.length > 0) others[name] = Object.fromEntries(details);
  }
  return { counts, others };
}

/** @returns whether the value is a known count. Where several names state it, the first wins */
function takeCount(
  counts: Partial<Record<Count, number>>,
  count: Count | undefined,
  value: unknown,
): boolean {
  const read = readMember('tokens', value);
  if (count === undefined || typeof read !== 'number') return false;
  counts[count] ??= read;
  return true;
}

/** Langfuse counts parts beside `input` and `output`: then the total is the sum of all, and the parts are added. */
function withParts(counts: Counts): Counts {
  const { input = 0, output = 0, total } = counts;
  const sum = (parts: readonly Count[]) =>
    parts.reduce((all, part) => all + (counts[part] ?? 0), 0);
  const ofInput = sum(INPUT_PARTS);
  const ofOutput = sum(OUTPUT_PARTS);
  const areBeside = ofInput + ofOutput > 0 && total === input + output + ofInput + ofOutput;
  return areBeside ? { ...counts, input: input + ofInput, output: output + ofOutput } : counts;
}

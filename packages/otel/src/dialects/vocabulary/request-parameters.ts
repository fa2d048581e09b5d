/** The parameters of a model call that OpenTelemetry's conventions name, `gen_ai.request.*`, and how clients spell them. */

import type { JsonObject } from '@openlayer-tracing/core/integration';
import { isStrings } from '../data/span-data.js';

type Form = 'number' | 'boolean' | 'strings' | 'choices';

interface Parameter {
  readonly form: Form;
  /** The names that clients have for it, besides that of the conventions. */
  readonly spellings?: string;
}

const PARAMETERS: Readonly<Record<string, Parameter>> = {
  max_tokens: {
    form: 'number',
    spellings:
      'maxTokens max_completion_tokens maxCompletionTokens max_output_tokens maxOutputTokens max_new_tokens maxNewTokens max_tokens_to_sample maxTokensToSample max_gen_len maxTokenCount num_predict numPredict',
  },
  temperature: { form: 'number' },
  top_p: { form: 'number', spellings: 'topP p' },
  top_k: { form: 'number', spellings: 'topK k' },
  frequency_penalty: { form: 'number', spellings: 'frequencyPenalty' },
  presence_penalty: { form: 'number', spellings: 'presencePenalty' },
  seed: { form: 'number', spellings: 'random_seed randomSeed' },
  stream: { form: 'boolean' },
  stop_sequences: { form: 'strings', spellings: 'stopSequences stop' },
  encoding_formats: {
    form: 'strings',
    spellings: 'encodingFormats encoding_format encodingFormat',
  },
  'choice.count': {
    form: 'choices',
    spellings:
      'n candidate_count candidateCount num_generations numGenerations num_return_sequences',
  },
};

/** By each spelling, the name of the conventions. */
const NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries(PARAMETERS).flatMap(([name, { spellings }]) =>
    [name, ...(spellings?.split(' ') ?? [])].map((spelling) => [spelling, name]),
  ),
);

export interface WrittenParameters {
  /** By the names of attributes. */
  readonly attributes: JsonObject;
  /** Those that cannot be read from the attributes as they are. */
  readonly others: JsonObject;
}

/** The parameters as attributes of a span. */
export function writtenParameters(parameters: JsonObject): WrittenParameters {
  const attributes: Record<string, unknown> = {};
  const others: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(parameters)) {
    const name = NAMES.get(key);
    const written = name === undefined ? undefined : attributeOf(PARAMETERS[name]?.form, value);
    const isExact = key === name;
    // What has the name of the conventions wins.
    if (written !== undefined && (isExact || !Object.hasOwn(parameters, `${name}`))) {
      attributes[`gen_ai.request.${name}`] ??= written;
    }
    if (written !== value || !isExact || hasOtherSpelling(parameters, key)) others[key] = value;
  }
  return { attributes, others };
}

/** Whether one of the parameters is the one that the conventions name so, under the name of a client. */
export function hasOtherSpelling(parameters: JsonObject, name: string): boolean {
  return Object.keys(parameters).some((key) => key !== name && NAMES.get(key) === name);
}

/** The value in the form of the conventions; undefined if it does not have it. */
function attributeOf(form: Form | undefined, value: unknown): unknown {
  switch (form) {
    case 'strings': {
      const list = typeof value === 'string' ? [value] : value;
      return isStrings(list) ? list : undefined;
    }
    case 'choices':
      // The conventions leave out the usual number.
      return typeof value === 'number' && value !== 1 ? value : undefined;
    default:
      return typeof value === form ? value : undefined;
  }
}

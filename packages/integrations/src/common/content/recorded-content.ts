/** Applies the options `content` and `redact` to what a call sends and receives. */

import { reportFailure, watchRejection } from '@openlayer-tracing/core/integration';
import { isPlainObject, type JsonObject } from '../json.js';
import { type CallOptions, type ContentPart, hidesContent } from '../options.js';
import { changedContent, changedItems, type Visits } from './changed-content.js';
import { maskCredentials } from './credentials.js';
import { withoutMedia } from './media.js';

const HIDDEN = '[not recorded: redact failed]';

/**
 * The recordable form of content: redacted, and with masks in place of credentials and placeholders in place of media. Undefined
 * if the options hide all content.
 */
export function recordedContent(
  options: CallOptions,
  part: ContentPart,
  content: unknown,
): unknown {
  if (options.content === false || content === undefined) return undefined;
  const recordable = withoutMedia(maskCredentials(content));
  if (options.redact === undefined) return recordable;
  try {
    const redacted = options.redact(recordable, part);
    if (!watchRejection(redacted, (error) => reportFailure('redact', error))) return redacted;
    reportFailure(
      'redact',
      new TypeError('redact returned a promise; its value is needed at once'),
    );
    return HIDDEN;
  } catch (error) {
    reportFailure('redact', error);
    return HIDDEN;
  }
}

/** A step keeps 128 keys of metadata, of which the known facts of a call need some. */
const MAX_DETAILS = 96;

/**
 * The recordable form of other fields of a response, each redacted by itself; of the first 96 fields. With `content: false`, only
 * numbers and booleans.
 */
export function recordedDetails(options: CallOptions, details: JsonObject = {}): JsonObject {
  const isPlain = (fact: unknown) => typeof fact === 'number' || typeof fact === 'boolean';
  return Object.fromEntries(
    Object.entries(maskCredentials(details) as JsonObject)
      .map(([key, fact]) => [
        key,
        isPlain(fact)
          ? fact
          : recordedContent(
              options,
              'output',
              withTokenTexts(fact, /logprobs/i.test(key) ? isOfTokens : hasProbability),
            ),
      ])
      .filter(([, fact]) => fact !== undefined)
      .slice(0, MAX_DETAILS),
  );
}

const MAX_DEPTH = 8;

/**
 * Renames the field `token` of log probabilities to `text`, because values under `token` are masked as secrets.
 * @param isToken whether an object stands for a token
 */
function withTokenTexts(value: unknown, isToken: (object: object) => boolean): unknown {
  return changedContent(value, (visits) => renamedTokens(value, isToken, visits, 0));
}

/** The value itself if nothing in it is renamed. */
function renamedTokens(
  value: unknown,
  isToken: (object: object) => boolean,
  visits: Visits,
  depth: number,
): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) {
    if (!visits.spend(value.length)) return value;
    return changedItems(value, (item) => renamedTokens(item, isToken, visits, depth + 1));
  }
  // Providers send plain objects. Others are the app's own: a date has no fields, and bytes have millions.
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value);
  if (!visits.spend(entries.length)) return value;
  const tokenKey = isToken(value) ? 'token' : undefined;
  const renamed = entries.map(([key, item]) => [
    key === tokenKey ? 'text' : key,
    renamedTokens(item, isToken, visits, depth + 1),
  ]);
  const isSame = entries.every(
    ([key, item], i) => key === renamed[i]?.[0] && item === renamed[i]?.[1],
  );
  return isSame ? value : Object.fromEntries(renamed);
}

const PROBABILITIES = ['logprob', 'likelihood', 'log_probability', 'logProbability'];

function hasProbability(object: object): boolean {
  return PROBABILITIES.some((name) => name in object);
}

/** Within a field of log probabilities, every object stands for a token. */
function isOfTokens(): boolean {
  return true;
}

/** Matches parameters whose values are names of settings and not words of a user. */
const SETTING =
  /(effort|tier|choice|format|size|quality|background|fidelity|style|voice|truncation|verbosity|type|mode|modality|ratio|resolution|language|detail|moderation|strategy|level|speed|version|variant|scheduler|sampler|role|summary|retention|keep_?alive|dtype|model|provider|api|pooling|latency|trace|think|encoding)$/i;

/**
 * The recordable form of parameters: all of them, with masks in place of credentials and placeholders in place of media. If content
 * is hidden, only numbers, booleans and names of settings: other strings may be words of users, or identify them.
 */
export function recordedParameters(options: CallOptions, parameters: JsonObject): JsonObject {
  if (!hidesContent(options)) {
    return withoutMedia(maskCredentials(parameters)) as JsonObject;
  }
  return Object.fromEntries(
    Object.entries(parameters).filter(
      ([key, value]) =>
        typeof value === 'number' ||
        typeof value === 'boolean' ||
        (typeof value === 'string' && SETTING.test(key) && /^[\w.:-]{1,32}$/.test(value)),
    ),
  );
}

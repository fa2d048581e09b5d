/** Google's `:predictLongRunning`, which starts the creation of videos. */

import {
  countOrUndefined,
  fieldsExcept,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { PlainReader } from '../reading/plain-reader.js';
import type { Shape } from '../reading/shape.js';
import { describeInstances } from './predict.js';
import { geminiBilling } from './usage.js';

/** Videos are billed by their length, which only the request states. The result is fetched later. */
export const geminiVideo: Shape<'chat_completion'> = {
  operation: 'Video',
  type: 'chat_completion',
  matches: ({ url }) => url.pathname.endsWith(':predictLongRunning'),
  describe: describeInstances,
  reader: ({ url, params }) =>
    new PlainReader((body) => {
      const { name, done, response, ...unknown } = objectOrEmpty(body);
      return {
        output: response ?? (stringOrUndefined(name) && { operation: name }),
        billing: {
          ...geminiBilling(url, undefined),
          ...secondsBilling(objectOrEmpty(params.parameters)),
        },
        metadata: { operation: stringOrUndefined(name), done },
        details: fieldsExcept(unknown, 'error'),
      };
    }),
};

function secondsBilling(parameters: JsonObject) {
  const each = countOrUndefined(parameters.durationSeconds);
  return each === undefined
    ? {}
    : { seconds: each * (countOrUndefined(parameters.sampleCount) ?? 1) };
}

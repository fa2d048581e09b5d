/** Google's `:predictLongRunning`, which starts the creation of videos. */

import { count, fieldsExcept, type Json, record, text } from '../../common/json.js';
import { PlainReader } from '../reading/plain-reader.js';
import type { Shape } from '../shape.js';
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
      const { name, done, response, ...others } = record(body);
      return {
        output: response ?? (text(name) && { operation: name }),
        billing: { ...geminiBilling(url, undefined), ...lengthOf(record(params.parameters)) },
        metadata: { operation: text(name), done },
        details: fieldsExcept(others, 'error'),
      };
    }),
};

function lengthOf(parameters: Json) {
  const each = count(parameters.durationSeconds);
  return each === undefined ? {} : { seconds: each * (count(parameters.sampleCount) ?? 1) };
}

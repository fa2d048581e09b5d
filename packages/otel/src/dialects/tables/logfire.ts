/** Logfire of Pydantic. */

import type { Dialect } from '../dialect.js';

export const logfire: Dialect = {
  name: 'logfire',
  attributes: {
    'logfire.span_type': 'pending',
    'logfire.tags': 'tags',
    'logfire.msg': 'metadata.message',
    'logfire.msg_template': 'left',
    'logfire.json_schema': 'left',
    'logfire.level_num': 'metadata.levelNumber',
  },
};

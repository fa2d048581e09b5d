/** Logfire of Pydantic. */

import type { Dialect } from './dialect.js';

export const logfire: Dialect = {
  name: 'logfire',
  modelNamespaces: [],
  attributes: {
    'logfire.span_type': 'pending',
    'logfire.tags': 'tags',
    'logfire.msg': 'metadata.message',
    'logfire.msg_template': 'ignored',
    'logfire.json_schema': 'ignored',
    'logfire.level_num': 'metadata.levelNumber',
  },
};

/** General attributes of OpenTelemetry. */

import type { Dialect } from './dialect.js';

export const common: Dialect = {
  name: 'common',
  modelNamespaces: [],
  attributes: {
    'error.type': 'errorType',
    'error.message': 'errorMessage',
    'session.id': 'sessionId',
    'user.id': 'userId',
    'enduser.id': 'userId',
  },
};

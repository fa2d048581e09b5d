/** The conventions of OpenTelemetry for databases: the stable ones, and the names before. */

import type { Dialect } from './dialect.js';

export const db: Dialect = {
  name: 'db',
  modelNamespaces: [],
  presence: { 'db.system.name': 'function_call', 'db.system': 'function_call' },
  attributes: {
    'db.system.name': 'database.system',
    'db.system': 'database.system',
    'db.query.text': 'query',
    'db.statement': 'query',
    'db.operation.name': 'database.operation',
    'db.operation': 'database.operation',
    'db.collection.name': 'database.collection',
    'db.sql.table': 'database.collection',
    'db.mongodb.collection': 'database.collection',
    'db.namespace': 'database.namespace',
    'db.name': 'database.namespace',
    'db.query.summary': 'database.summary',
    'db.response.status_code': 'database.status',
    'db.response.returned_rows': 'database.rows',
    'db.operation.batch.size': 'database.batchSize',
    'db.user': 'database.user',
    'db.connection_string': 'ignored',
  },
};

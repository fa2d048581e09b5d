/** The tables state which attributes are of models, agents and tools. */

import assert from 'node:assert/strict';
import { DIALECTS } from '../../src/dialects/attributes/tables/index.ts';
import { isOfModels } from '../../src/dialects/to-step/work-of-span.ts';

/** Tables whose attributes state a type, but are also on spans of other work. */
const OF_ANY_WORK: readonly string[] = ['openlayer'];

describe('an attribute of models', () => {
  for (const { name, modelNamespaces, types = {} } of DIALECTS) {
    it(`is one below a namespace of the table ${name}`, () => {
      for (const namespace of modelNamespaces) {
        assert.ok(isOfModels({ [`${namespace}.some.attribute`]: 1 }), namespace);
        assert.ok(!isOfModels({ [namespace]: 1, [`${namespace}s.some.attribute`]: 1 }), namespace);
      }
    });

    it(`is each that states a type by its value in the table ${name}`, () => {
      for (const key of OF_ANY_WORK.includes(name) ? [] : Object.keys(types)) {
        assert.ok(isOfModels({ [key]: 'agent' }), `${key}: add a namespace to the table`);
      }
    });
  }

  it('is none of HTTP, of databases or of the app', () => {
    for (const key of ['http.route', 'db.system', 'url.path', 'session.id', 'app.llm.model']) {
      assert.ok(!isOfModels({ [key]: 'a' }), key);
    }
  });
});

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { crossFieldViolations, type SchemaName, schemaViolations, violations } from './validate.ts';

const fixtures = new URL('fixtures/', import.meta.url);
const read = (folder: string) =>
  readdirSync(new URL(folder, fixtures)).map(
    (file) => [file, JSON.parse(readFileSync(new URL(`${folder}/${file}`, fixtures), 'utf8'))] as const,
  );

describe('the contract that every test holds our bodies to', () => {
  for (const [file, body] of read('valid')) {
    it(`accepts ${file}`, () => {
      const found = file.startsWith('rows-update') ? schemaViolations('rows-update-request', body) : violations(body);
      assert.deepEqual(found, []);
    });
  }

  for (const [file, body] of read('official-shape')) {
    it(`knows the official shape of ${file}, and is stricter`, () => {
      assert.deepEqual(schemaViolations('data-stream-request', body), []);
    });
  }

  for (const [file, body] of read('invalid')) {
    it(`rejects ${file}`, () => {
      const schema = file.split('--')[0] as SchemaName | 'semantic';
      const found = schema === 'semantic' ? crossFieldViolations(body) : schemaViolations(schema, body);
      assert.notDeepEqual(found, []);
    });
  }
});

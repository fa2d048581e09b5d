/** Checks bodies against the platform's contract: the strict profile, and the rules that a schema cannot express. */

import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { DataStreamRequest, WireStep } from '@openlayer-tracing/core/wire';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

const schemas = new URL('schemas/', pathToSchemas());
const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allowUnionTypes: true });
for (const file of readdirSync(schemas)) {
  ajv.addSchema(JSON.parse(readFileSync(new URL(file, schemas), 'utf8')));
}

function pathToSchemas(): URL {
  const require = createRequire(import.meta.url);
  return new URL(`file://${require.resolve('@openlayer-tracing/local/package.json')}`);
}

export type SchemaName = 'profile-js' | 'data-stream-request' | 'rows-update-request' | 'step';

/** What a body violates in a schema; empty where it satisfies it. */
export function schemaViolations(name: SchemaName, body: unknown): string[] {
  const validate = ajv.getSchema(`urn:openlayer-wire:${name}`) as ValidateFunction;
  return validate(body) ? [] : [ajv.errorsText(validate.errors)];
}

/** What a body violates of the rules across fields. */
export function crossFieldViolations(body: DataStreamRequest): string[] {
  const found: string[] = [];
  for (const [i, row] of body.rows.entries()) {
    for (const name of body.config.inputVariableNames) {
      if (!Object.hasOwn(row, name)) found.push(`rows[${i}] lacks the input column ${name}`);
    }
    for (const [key, column] of Object.entries(body.config)) {
      if (key.endsWith('ColumnName') && !Object.hasOwn(row, String(column))) {
        found.push(`rows[${i}] lacks ${String(column)}, which ${key} names`);
      }
    }
    found.push(...treeViolations(row.steps, new Set()).map((violation) => `rows[${i}]: ${violation}`));
  }
  const ids = body.rows.map((row) => row.inferenceId);
  if (new Set(ids).size < ids.length) found.push('an inferenceId stands twice in one call');
  return found;
}

function treeViolations(steps: readonly WireStep[], seen: Set<string>): string[] {
  return steps.flatMap((step) => {
    const own = seen.has(step.id) ? [`step id ${step.id} stands twice`] : [];
    seen.add(step.id);
    if (step.endTime < step.startTime) own.push(`step ${step.name} ends before it starts`);
    return [...own, ...treeViolations(step.steps, seen)];
  });
}

/** Everything that is wrong with a data-stream body. */
export function violations(body: DataStreamRequest): string[] {
  return [...schemaViolations('profile-js', body), ...crossFieldViolations(body)];
}

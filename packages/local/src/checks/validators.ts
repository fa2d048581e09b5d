/** Validators of the JSON schemas of the API, and their errors in words. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { packageFolder } from '../package-folders.cjs';

const SCHEMAS = ['step', 'data-stream-request', 'profile-js', 'rows-update-request'];

interface ValidatorOptions {
  /** Reports every fault instead of the first. */
  readonly allErrors: boolean;
}

/** The validator of a schema. Compiling one takes tens of milliseconds, so it is done once per process, at the first use. */
export function validatorOf<T>(name: string, { allErrors }: ValidatorOptions): ValidateFunction<T> {
  const validate = ajvFor(allErrors).getSchema<T>(`urn:openlayer-wire:${name}`);
  if (!validate) throw new Error(`no schema named ${name}`);
  return validate as ValidateFunction<T>; // none of our schemas is $async
}

const instances = new Map<boolean, Ajv2020>();

function ajvFor(allErrors: boolean): Ajv2020 {
  const existing = instances.get(allErrors);
  if (existing) return existing;
  const ajv = new Ajv2020({
    allErrors,
    strictRequired: false,
    strictTypes: false,
    allowUnionTypes: true,
  });
  for (const each of SCHEMAS) ajv.addSchema(readSchema(each));
  instances.set(allErrors, ajv);
  return ajv;
}

function readSchema(name: string): object {
  const file = join(packageFolder, 'schemas', `${name}.schema.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as object;
}

/** A fault as a sentence about the place where it is. */
export function faultText({ keyword, message, params }: ErrorObject, place: string): string {
  if (keyword === 'required') return `${place} lacks "${params.missingProperty}"`;
  const unknown = params.additionalProperty ?? params.unevaluatedProperty;
  if (unknown !== undefined) return `${place} has the unknown key "${unknown}"`;
  const allowed =
    params.allowedValues ?? (params.allowedValue === undefined ? [] : [params.allowedValue]);
  return allowed.length === 0 ? `${place} ${message}` : `${place} must be ${allowed.join(', ')}`;
}

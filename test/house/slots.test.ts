/**
 * What copies and builds of the packages share in one process, by the key of each slot. Another copy may be older: if a member has
 * another name or another meaning, the key needs another version.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { entryPointsOf, publishedPackages, ROOT, readText } from './repository.ts';

const SNAPSHOT = 'test/house/slots.snapshot.json';
const UPDATE = "UPDATE_SNAPSHOT=1 npx mocha 'test/house/slots.test.ts'; npm run format";

type Slots = Readonly<Record<string, readonly string[]>>;

const ENTRY_POINTS = publishedPackages().flatMap(entryPointsOf);

/** Prints the members of all slots of a process that has used what shares something: to three levels, and of our classes alone. */
const PRINT_SLOTS = `
  import { AsyncLocalStorage } from 'node:async_hooks';
  import * as core from '@openlayer-tracing/core';
  import { captureTraces } from '@openlayer-tracing/core/testing';

  for (const entryPoint of ${JSON.stringify(ENTRY_POINTS)}) await import(entryPoint);
  core.configure({ exports: [], handleSignals: true });
  captureTraces();
  await core.trace(() => core.step('a step', () => 1), { name: 'a call' })();

  const builtIn = [Object, Function, Map, Set, WeakMap, WeakSet, Array].map((each) => each.prototype);
  const isOurs = (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof AsyncLocalStorage);
  function membersOf(value, levels, prefix = '') {
    const members = [];
    for (let at = value; at !== null && !builtIn.includes(at); at = Object.getPrototypeOf(at)) {
      for (const [name, { value: member }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
        if (name === 'constructor') continue;
        members.push(prefix + name);
        if (levels > 1 && isOurs(member)) members.push(...membersOf(member, levels - 1, prefix + name + '.'));
      }
    }
    return members;
  }
  const slots = {};
  for (const symbol of Object.getOwnPropertySymbols(globalThis)) {
    const [, key] = /^openlayer-tracing\\.(.+)$/.exec(Symbol.keyFor(symbol) ?? '') ?? [];
    if (key !== undefined) slots[key] = [...new Set(membersOf(globalThis[symbol], 3))].sort();
  }
  console.log(JSON.stringify(slots));
  process.exit();
`;

describe('what copies of the packages share', () => {
  let slots: Slots;

  before(async () => {
    const args = ['--input-type=module', '--eval', PRINT_SLOTS];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: `${ROOT}test` });
    slots = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Slots;
    if (process.env.UPDATE_SNAPSHOT)
      writeFileSync(`${ROOT}${SNAPSHOT}`, `${JSON.stringify(slots, null, 2)}\n`);
  });

  it('has the members of the snapshot', () => {
    assert.deepEqual(
      slots,
      JSON.parse(readText(SNAPSHOT)),
      `Raise the version in a key whose members have changed, then run ${UPDATE}`,
    );
  });
});

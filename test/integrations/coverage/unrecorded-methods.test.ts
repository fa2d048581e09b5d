import assert from 'node:assert/strict';
import { documentOf } from './document.ts';
import type { Method } from './methods.ts';
import { assertMethodsTold, billed, local, type Unrecorded } from './unrecorded-methods.ts';

const sent = (name: string, more: Partial<Method> = {}): Method => ({
  name,
  request: `POST /${name}`,
  step: undefined,
  ...more,
});
const pageOf = (walked: readonly Method[], unrecorded: Unrecorded) =>
  documentOf({ client: 'a client', answers: [], facts: new Map(), walked, unrecorded });

const free = { 'files.*': 'free' };
const reported = { reported: ['POST /files'] };
const WRONG: Readonly<Record<string, readonly [readonly Method[], Unrecorded, RegExp]>> = {
  'has no reason': [[sent('files.create'), sent('runs.create')], free, /neither recorded/],
  'is said to be reported, and is not': [
    [sent('files.create')],
    { 'files.*': billed('stored') },
    /said to be reported/,
  ],
  'is said to be free, and is reported': [[sent('files.create', reported)], free, /as billed/],
  'is reported twice': [
    [sent('files.create', { reported: ['POST /files', 'POST /others'] })],
    { 'files.*': billed('stored') },
    /not once/,
  ],
  'is recorded, and reported all the same': [
    [sent('files.create', { ...reported, step: 'tool' })],
    {},
    /though they are recorded/,
  ],
  'was not tried, for its arguments': [
    [sent('files.create', { request: undefined })],
    free,
    /sent nothing/,
  ],
  'is said to send nothing, and sends': [
    [sent('files.create')],
    { 'files.*': local() },
    /said to send nothing/,
  ],
  'has a reason that another one hides': [
    [sent('files.create')],
    { ...free, 'files.create': 'free too' },
    /have another/,
  ],
};

describe('the table of methods', () => {
  for (const [wrong, [methods, unrecorded, message]] of Object.entries(WRONG)) {
    it(`fails where one ${wrong}`, () => {
      assert.throws(() => assertMethodsTold(methods, unrecorded), message);
    });
  }

  it('names each method, so that a new one changes the page whatever its reason', () => {
    const methods = [sent('files.create'), sent('runs.create', reported)];
    for (const [unrecorded, added] of [
      [{ ...free, 'runs.*': billed('it runs') }, sent('files.new')],
      [{ ...free, 'runs.*': billed('it runs') }, sent('runs.new', reported)],
    ] as const) {
      const page = pageOf([...methods, added], unrecorded);
      assert.ok(page.includes(`\`${added.name}\``));
      assert.notEqual(page, pageOf(methods, unrecorded));
    }
  });
});

/** JSON texts that are sent as they came, and those that are not. */

import assert from 'node:assert/strict';
import { Redactor } from '../../src/values/redaction/redactor.ts';
import { Snapshotter } from '../../src/values/snapshot/snapshotter.ts';

const ROOMY = { maxChars: 100_000, maxDepth: 12, maxNodes: 10_000 };
const snapshotter = new Snapshotter(new Redactor(), ROOMY);
const SECRET = 'hunter2';

describe('a JSON text with a secret', () => {
  for (const json of [
    '{"a":{"password":"hunter2"},"a":1}',
    '{"a":1,"a":{"password":"hunter2"},"a":2}',
    '[{"password":"hunter2","password":null}]',
    '{"pass\\u0077ord":"hunter2"}',
    '{"a":{"b":[{"api\\u005fkey":"hunter2"}]}}',
    '{"contrase\\u00f1a_password":"hunter2"}',
    '{"password" \n:\t"hunter2"}',
    '{"a":"{\\"password\\":\\"hunter2\\"}"}',
    '{"a":"{\\"password\\"\\f:\\"hunter2\\"}"}',
    '{"a":"{\\"password\\" \\n:\\"hunter2\\"}"}',
    '{"a":"{\\"password\\"\u00a0:\\"hunter2\\"}"}',
    '{"a":"{\\u0022password\\u0022:\\"hunter2\\"}"}',
    '{"a":"{\\"b\\":\\"{\\\\\\"password\\\\\\":\\\\\\"hunter2\\\\\\"}\\"}"}',
    '["https://me:hunter2@example.com"]',
    '["https:\\/\\/me:hunter2@example.com"]',
    '["https\\u003a//me:hunter2@example.com"]',
    '["/path?token=hunter2"]',
    '["/path?a=1&amp;token=hunter2"]',
    '["/path?a=1\\\\u0026token=hunter2"]',
    '["{\\"a\\":\\"mysql:\\\\/\\\\/me:hunter2@db\\"}"]',
    '["mysql:\\\\/\\\\/me:hunter2@db"]',
    '{"user[token]":"hunter2"}',
    '["/path?token\\u003dhunter2"]',
    '{"https://me:hunter2@example.com":1}',
    '{"/path?token=hunter2":1}',
    '"https://me:hunter2@example.com"',
  ]) {
    it(`is sent without it: ${json}`, () => {
      const text = snapshotter.textOfJson(json);
      assert.doesNotMatch(String(text), /hunter2/);
      assert.doesNotThrow(() => JSON.parse(String(text)));
    });
  }
});

describe('a JSON text without a secret', () => {
  for (const json of [
    ' {"a" : ["text, 1 \\"said\\"\\n", true, false, null, {}, [], ""] } ',
    '-0.50e+7',
    '1E400',
    '{"tokens":17,"a":1,"a":2}',
    '["He said \\"no\\" and \\"left\\"\\n: gone"]',
    '["a=b, https://example.com/?q=1 and \\u00e9\\/"]',
    '["\u{1f600} 字 é"]',
    '["\\ud83d\\ude00"]',
    '{"k\\"ey":1,"ключ":2,"a/b":3,"":4}',
    `{"${'k'.repeat(100)}":1,"${'k'.repeat(100)}":2}`,
    `[${'1,'.repeat(9999)}1]`,
    `${'['.repeat(12)}1${']'.repeat(12)}`,
    `["${'é'.repeat(90_000)}"]`,
  ]) {
    it(`is sent as it came: ${json.slice(0, 60)}`, () =>
      assert.equal(snapshotter.textOfJson(json), json));
  }

  it('is written anew where it goes beyond the limits, or is not well-formed', () => {
    assert.equal(snapshotter.textOfJson(`[${'1, '.repeat(10_000)}1]`)?.includes('[cut:'), true);
    assert.match(String(snapshotter.textOfJson('['.repeat(13) + ']'.repeat(13))), /\[Array\]/);
    assert.equal(snapshotter.textOfJson('[ "\ud800"]'), '["\ufffd"]');
    assert.equal(snapshotter.textOfJson('[ "\\ud800"]'), '["\ufffd"]');
    assert.equal(snapshotter.textOfJson(`{ "${'k'.repeat(257)}":1}`), `{"${'k'.repeat(256)}…":1}`);
  });

  it('is one mark under a secret key', () => {
    assert.equal(snapshotter.textOfJson('[1]', 'password'), '"[redacted]"');
  });
});

describe('a text that is not JSON', () => {
  for (const text of [
    '',
    ' ',
    'hello',
    '{',
    '[1,]',
    '{"a":1,}',
    '{"a"}',
    '{a:1}',
    "{'a':1}",
    '[1 2]',
    '01',
    '-',
    '1.',
    '.5',
    '1e',
    '+1',
    'NaN',
    'tru',
    'truex',
    '[1]]',
    '"a',
    '"a\\"',
    '"\\x"',
    '"\\u12g4"',
    '"\\u00"',
    '"a\nb"',
    '"\0"',
    '"a"\0',
    '1\0',
    '\ufeff{}',
    '{"a":1}{',
    '['.repeat(50_000),
    `${'['.repeat(50_000)}1${']'.repeat(49_999)}`,
  ]) {
    it(`is none: ${JSON.stringify(text.slice(0, 20))}`, () =>
      assert.equal(snapshotter.textOfJson(text), undefined));
  }
});

/** A sequence that the seed determines (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const SPACES = ['', '', '', ' ', '\n  ', '\t', '\r\n'];
const NUMBERS = ['0', '-1', '12.50', '1e3', '-0.1E-2', '123456789012345678901'];
const TEXTS = [
  '',
  'a',
  'word: word',
  'x=1',
  'a/b',
  'http://h/',
  '"q" :x',
  'é字',
  '\u{1f600}',
  '\n\t\\',
];
const KEYS = ['a', 'b', 'tokens', 'naïve', 'a b', 'x"y', '__proto__', 'toJSON'];
const SECRET_KEYS = ['password', 'api_key', 'client secret'];

/** A JSON text, in which SECRET stands where it has to be masked. */
function randomJson(random: (below: number) => number, secrets: boolean, depth = 0): string {
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;
  const space = () => pick(SPACES);
  const quoted = (text: string) =>
    JSON.stringify(text).replace(/[a-z/]/g, (character) =>
      random(20) > 0 || character === 'u' ? character : character === '/' ? '\\/' : character,
    );
  const escaped = (text: string) =>
    `"${[...text].map((each) => (random(8) === 0 ? `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}` : each)).join('')}"`;
  const kind = random(depth > 4 ? 4 : 8);
  if (kind === 0) return pick(NUMBERS);
  if (kind === 1) return pick(['true', 'false', 'null']);
  if (kind <= 3) {
    if (!secrets || random(8) > 0) return quoted(pick(TEXTS));
    return quoted(
      pick([`http://u:${SECRET}@h/`, `see /p?token=${SECRET}`, `{"password" : "${SECRET}"}`]),
    );
  }
  const parts = Array.from({ length: random(5) }, () => {
    if (kind <= 5) return `${space()}${randomJson(random, secrets, depth + 1)}${space()}`;
    const isSecret = secrets && random(6) === 0;
    const key = isSecret ? escaped(pick(SECRET_KEYS)) : quoted(pick(KEYS));
    const value = isSecret
      ? pick([`"${SECRET}"`, `["${SECRET}"]`, `{"a":"${SECRET}"}`])
      : randomJson(random, secrets, depth + 1);
    return `${space()}${key}${space()}:${space()}${value}${space()}`;
  });
  const inside = parts.length === 0 ? space() : parts.join(',');
  return kind <= 5 ? `[${inside}]` : `{${inside}}`;
}

describe('random texts', () => {
  const SEED = Number(process.env.SEED ?? 1);

  it('of JSON without secrets are sent as they came', () => {
    const random = randomFrom(SEED);
    for (let i = 0; i < 3000; i++) {
      const json = randomJson(random, false);
      assert.equal(snapshotter.textOfJson(json), json);
    }
  });

  it('of JSON with secrets are sent without them, as the masked value if not as they came', () => {
    const random = randomFrom(SEED + 1);
    for (let i = 0; i < 3000; i++) {
      const json = randomJson(random, true);
      const text = String(snapshotter.textOfJson(json));
      assert.doesNotMatch(text, /hunter2/, json);
      if (text !== json) assert.equal(text, snapshotter.text(JSON.parse(json)), json);
      else assert.deepEqual(JSON.parse(text), JSON.parse(snapshotter.text(JSON.parse(json))), json);
    }
  });

  it('that were changed in one place are JSON where JSON.parse says so', () => {
    const random = randomFrom(SEED + 2);
    const SIGNS = '{}[]",:\\0129.-+eEtfnu /=\n\0\u00a0x';
    for (let i = 0; i < 20_000; i++) {
      const json = randomJson(random, i % 2 === 0);
      const at = random(json.length + 1);
      const sign = random(3) === 0 ? '' : (SIGNS[random(SIGNS.length)] as string);
      const changed = json.slice(0, at) + sign + json.slice(at + random(2));
      let isJson = true;
      try {
        JSON.parse(changed);
      } catch {
        isJson = false;
      }
      assert.equal(snapshotter.textOfJson(changed) !== undefined, isJson, JSON.stringify(changed));
    }
  });
});

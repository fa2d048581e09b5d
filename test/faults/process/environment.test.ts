/** The environment of a process that is not as it should be: one warning, with the first request, and no exit. */

import assert from 'node:assert/strict';
import { readText } from '../../house/repository.ts';
import { PIPELINE, startCollector } from '../../support/collector.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { ask, publishingTo, startBundle } from './support.ts';

/** What becomes of requests: published, or gone on untraced. A value that is none is `said`, whatever becomes of them. */
type Result = 'traced' | 'traced, said' | 'untraced, said' | 'untraced';

const LINE = /^\[openlayer-tracing\] warn (not_configured|bad_environment): [^\n]+\n$/;

const inTwo = (text: string) => [text.slice(0, text.length / 2), text.slice(text.length / 2)];

const odd = {
  'a line break within': (good: string) => inTwo(good).join('\n'),
  'another control character': (good: string) => `${good}\u0007`,
  quotes: (good: string) => `"${good}"`,
  'single quotes': (good: string) => `'${good}'`,
  'invisible unicode': (good: string) => `${good}\u200b${good}`,
  'a space within': (good: string) => inTwo(good).join(' '),
};
const harmless = {
  'spaces around': (good: string) => `  ${good} `,
  'a line break at the end': (good: string) => `${good}\n`,
};

interface Variable {
  readonly good: (url: string, folder: string) => string;
  /** What the values have in common that are odd, and what comes of those of its own. */
  readonly odd: Result;
  readonly empty: Result;
  readonly own: Readonly<Record<string, readonly [value: string, result: Result]>>;
  /** Where an odd value may be meant. */
  readonly may?: readonly (keyof typeof odd)[];
}

const VARIABLES: Readonly<Record<string, Variable>> = {
  OPENLAYER_API_KEY: {
    good: () => 'test-key-canary',
    odd: 'untraced, said',
    empty: 'untraced, said',
    own: { 'a whole header': ['Bearer test-key-canary', 'untraced, said'] },
  },
  OPENLAYER_INFERENCE_PIPELINE_ID: {
    good: () => PIPELINE,
    odd: 'untraced, said',
    empty: 'untraced, said',
    own: {
      'a dot': ['.', 'untraced, said'],
      'two dots': ['..', 'untraced, said'],
      'an encoded dot': ['%2e%2e', 'untraced, said'],
      'a path': ['../projects', 'untraced, said'],
      'a query': [`${PIPELINE}?x=1`, 'untraced, said'],
    },
  },
  OPENLAYER_BASE_URL: {
    good: (url) => url,
    odd: 'untraced, said',
    empty: 'untraced',
    own: {
      'no scheme': ['api.openlayer.com/v1', 'untraced, said'],
      'the wrong scheme': ['ftp://127.0.0.1/v1', 'untraced, said'],
      'plain http to elsewhere': ['http://api.openlayer.com/v1', 'untraced, said'],
      'a user': ['https://user-canary:secret-canary@127.0.0.1/v1', 'untraced, said'],
      'a query': ['http://127.0.0.1/v1?key=canary', 'untraced, said'],
    },
  },
  OPENLAYER_DISABLE_PUBLISH: {
    good: () => 'false',
    odd: 'traced, said',
    empty: 'traced',
    own: { 'another word': ['yes please', 'traced, said'], on: ['on', 'untraced'] },
  },
  OPENLAYER_SPOOL_DIR: {
    good: (_url, folder) => folder,
    odd: 'traced, said',
    empty: 'traced',
    own: {},
    may: ['invisible unicode', 'a space within'],
  },
  OPENLAYER_LOG: {
    good: () => 'warn',
    odd: 'traced, said',
    empty: 'traced',
    own: { 'another word': ['loud', 'traced, said'], 'upper case': ['WARN', 'traced'] },
  },
};

interface Case {
  readonly what: string;
  readonly value: string;
  readonly result: Result;
}

function casesOf(variable: Variable, url: string, folder: string): readonly Case[] {
  const good = variable.good(url, folder);
  const given = (what: string, value: string, result: Result) => ({ what, value, result });
  return [
    given('what it should be', good, 'traced'),
    given('empty', '', variable.empty),
    given('blank', ' \t', variable.empty),
    ...Object.entries(harmless).map(([what, make]) => given(what, make(good), 'traced')),
    ...Object.entries(odd).map(([what, make]) =>
      given(
        what,
        make(good),
        variable.may?.includes(what as keyof typeof odd) === true ? 'traced' : variable.odd,
      ),
    ),
    ...Object.entries(variable.own).map(([what, [value, result]]) => given(what, value, result)),
  ];
}

describe('an environment variable', function () {
  this.timeout(120_000);

  it('that is read is among those of these tests', () => {
    const config = readText('packages/core/src/config/config.ts');
    const read = new Set(config.match(/(?<=')OPENLAYER_[A-Z_]+(?=')/g));
    assert.deepEqual([...read].sort(), Object.keys(VARIABLES).sort());
  });

  for (const [name, variable] of Object.entries(VARIABLES)) {
    it(`${name} is one warning with the first request where it is malformed, and no exit`, async () => {
      using folder = temporaryFolder();
      await using collector = await startCollector();
      const cases = casesOf(variable, collector.server.url, folder.path);
      const failures: string[] = [];
      let expected = 0;
      for (let i = 0; i < cases.length; i += 3) {
        const runs = cases.slice(i, i + 3).map(async ({ what, value, result }) => {
          if (result.startsWith('traced')) expected += 3;
          const variables = { ...publishingTo(collector.server.url), [name]: value };
          const found = await run(variables, result.endsWith('said'));
          if (found !== undefined) failures.push(`${what}: ${found}`);
        });
        await Promise.all(runs);
      }
      assert.deepEqual(failures, []);
      await collector.exactly(expected);
    });
  }
});

/** @returns what was not as it should be */
async function run(
  variables: Record<string, string>,
  isSaid: boolean,
): Promise<string | undefined> {
  // An address that the environment does not name is the real one: nothing is to reach it from here.
  const isReal = variables.OPENLAYER_BASE_URL?.trim() === '';
  const given = isReal ? { ...variables, OPENLAYER_DISABLE_PUBLISH: '1' } : variables;
  const { port, output, ended } = startBundle('server.mts', given);
  const address = await port.catch((error: Error) => error);
  if (address instanceof Error) return address.message;
  if (output.stderr !== '') return `it is said at mount: ${output.stderr}`;
  for (const path of ['/ok', '/ok', '/close']) {
    const status = await ask(address, path);
    if (status !== 200) return `${path} was answered by ${status}`;
  }
  const { code, stderr } = await ended;
  if (code !== 0) return `exit code ${code}: ${stderr}`;
  if (/canary/.test(stderr)) return `it tells a secret: ${stderr}`;
  if (isSaid ? !LINE.test(stderr) : stderr !== '') return `stderr was ${JSON.stringify(stderr)}`;
  return undefined;
}

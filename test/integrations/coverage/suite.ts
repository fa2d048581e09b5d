/**
 * What is recorded of a client, by its own types: which fields of its answers are kept, and of which methods there is a
 * step. The tables stand in `docs/coverage`, and a client that has something new fails here until it is told.
 * `UPDATE_COVERAGE=1` writes the tables anew.
 */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { ClientTypes } from './client-types.ts';
import { documentOf } from './document.ts';
import { type AnswerTable, assertTold, type Fact, factsOf } from './facts.ts';
import { type ClientWalk, type Method, methodsOf } from './methods.ts';
import { assertMethodsTold, type Unrecorded } from './unrecorded-methods.ts';

export interface Coverage {
  /** The name of its page: `openai`. */
  readonly page: string;
  /** The client as users know it, with the version that the tables are of: `openai 7`. */
  readonly client: string;
  /** Expressions of its types by name: `import('openai7').OpenAI.ChatCompletion`. A function may install it first. */
  readonly types:
    | Readonly<Record<string, string>>
    | (() => Promise<Readonly<Record<string, string>>>);
  readonly answers: readonly AnswerTable[];
  readonly methods?: (ClientWalk & { readonly unrecorded: Unrecorded }) | undefined;
  /** What is found in another way than by walking a client: commands, classes of sockets. Beside `methods`, or alone. */
  readonly tried?: {
    readonly methods: () => Promise<readonly Method[]>;
    readonly unrecorded: Unrecorded;
  };
}

export function coverageSuite(coverage: Coverage): void {
  describe(`coverage of ${coverage.client}`, () => {
    let read: ClientTypes | undefined;
    const types = () => read ?? assert.fail('the types have not been read');
    const facts = new Map<AnswerTable, readonly Fact[]>();
    let methods: readonly Method[] = [];

    before(async function () {
      // The compiler has to read the types first.
      const { types: told } = coverage;
      const isInstalled = typeof told !== 'function';
      this.timeout(isInstalled ? 60_000 : 300_000);
      read = new ClientTypes(isInstalled ? told : await told());
    });

    // Every collection of garbage would walk the compiler's hundreds of megabytes, in all tests that come later.
    after(() => {
      read = undefined;
    });

    for (const table of coverage.answers) {
      it(`tells of every field whether it is kept: ${table.title}`, async () => {
        const found = await factsOf(types(), table);
        facts.set(table, found);
        assertTold(table, found);
      });
    }

    const { methods: walk, tried } = coverage;
    const unrecorded = { ...walk?.unrecorded, ...tried?.unrecorded };
    if (walk !== undefined || tried !== undefined) {
      it('tells of every method whether it is recorded', async function () {
        this.timeout(120_000);
        methods = [
          ...(walk === undefined ? [] : await methodsOf(types(), walk)),
          ...((await tried?.methods()) ?? []),
        ];
        assertMethodsTold(methods, unrecorded);
      });
    }

    it('is what its page says', () => {
      const text = documentOf({ ...coverage, facts, walked: methods, unrecorded });
      const page = new URL(`../../../docs/coverage/${coverage.page}.md`, import.meta.url);
      if (process.env.UPDATE_COVERAGE !== undefined) writeFileSync(page, text);
      assert.equal(readFileSync(page, 'utf8'), text, 'UPDATE_COVERAGE=1 writes the page anew');
    });
  });
}

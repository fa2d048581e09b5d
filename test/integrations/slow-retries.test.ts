/** A call outside a trace whose client waits long before it retries: one trace, with the retry and its tokens. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROGRAM = fileURLToPath(new URL('slow-retries.mjs', import.meta.url));

/** What the program prints for a client. */
async function told(client: string, ...how: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, client, ...how]);
  return JSON.parse(stdout);
}

const FAILURES: Readonly<Record<string, number>> = {
  openai4: 1,
  openai6: 1,
  openai7: 1,
  groq: 1,
  together: 1,
  'anthropic0-100': 1,
  anthropic1: 1,
  mistral: 1,
  genai: 4,
  cohere: 1,
  bedrock: 1,
};
/** Clients that wait for as long as the response says, however long that is. */
const PATIENT = ['openai6', 'anthropic1', 'groq', 'cohere', 'bedrock'];

describe('a retry after a long wait, outside a trace', () => {
  for (const [client, failures] of Object.entries(FAILURES)) {
    it(`is recorded with the call: ${client}`, async () => {
      const attempts = [...Array(failures).fill(429), 200];
      assert.deepEqual(await told(client), { error: false, steps: [{ tokens: 1200, attempts }] });
    });
  }

  for (const client of PATIENT) {
    it(`is not waited for once the app has aborted the call: ${client}`, async () => {
      const left = { tokens: null, attempts: [429], ended: 'left' };
      assert.deepEqual(await told(client, 'aborted'), { error: true, steps: [left] });
    });
  }
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

describe('the program', () => {
  it('serves without any account or key, and ends cleanly on Ctrl-C', async () => {
    const { OPENAI_API_KEY: _, ...env } = process.env;
    const program = spawn(process.execPath, [MAIN], {
      env: { ...env, PORT: '0', OPENLAYER_DISABLE_PUBLISH: 'true' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(program, 'exit');
    try {
      const [greeting] = await once(program.stdout.setEncoding('utf8'), 'data');
      const url = /http:\/\/localhost:\d+\S+/.exec(greeting)?.[0];
      const response = await fetch(String(url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-user': 'ada' },
        body: JSON.stringify({ text: 'What have I borrowed?' }),
      });
      const { answer } = (await response.json()) as { answer: string };
      assert.match(answer, /You have borrowed Solaris/);
      program.kill('SIGINT');
      assert.deepEqual(await ended, [0, null]);
    } finally {
      program.kill('SIGKILL');
    }
  });
});

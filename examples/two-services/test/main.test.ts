import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

describe('the program', () => {
  it('prints the traces of both services, and ends cleanly on Ctrl-C', async () => {
    const { OPENAI_API_KEY: _, ...env } = process.env;
    const program = spawn(process.execPath, [MAIN], { env: { ...env, PORT: '0' } });
    const ended = once(program, 'exit');
    const complaints = text(program.stderr);
    try {
      let printed = '';
      for await (const chunk of program.stdout.setEncoding('utf8')) {
        const wasReady = printed.includes('curl');
        printed += chunk;
        if (printed.includes('curl') && !wasReady) program.kill('SIGINT');
      }
      const [first, second, ...more] = printed.match(/(?<=^trace id )[0-9a-f]{32}$/gm) ?? [];
      assert.ok(first !== undefined && first === second && more.length === 0, printed);
      assert.match(printed, /─ POST \/ask .*\n {3}└─ ask answers /);
      assert.match(printed, /─ POST \/answers .*\n {3}├─ find notices .*\n {3}└─ OpenAI/);
      assert.deepEqual(await ended, [0, null]);
      assert.equal(await complaints, '');
    } finally {
      program.kill('SIGKILL');
    }
  });
});

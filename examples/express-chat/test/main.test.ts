import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

describe('the program', () => {
  it('serves without any account or key, and ends cleanly on Ctrl-C', async () => {
    await using program = await start();
    const response = await program.ask('/chat', 'Are guide dogs welcome?');
    const { answer } = (await response.json()) as { answer: string };
    assert.match(answer, /Guide dogs are welcome everywhere\./);
    program.interrupt();
    assert.deepEqual(await program.ended, [0, null]);
    assert.equal(await program.complaints, '');
  });

  it('finishes a streaming answer on Ctrl-C', async () => {
    await using program = await start();
    const response = await program.ask('/chat/stream', 'What does a late book cost per day?');
    program.interrupt();
    assert.match(await response.text(), /data: \[DONE\]\n\n$/);
    assert.deepEqual(await program.ended, [0, null]);
    assert.equal(await program.complaints, '');
  });
});

async function start() {
  const { OPENAI_API_KEY: _, ...env } = process.env;
  const program = spawn(process.execPath, [MAIN], {
    env: { ...env, PORT: '0', OPENLAYER_DISABLE_PUBLISH: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(program, 'exit');
  const complaints = text(program.stderr);
  const [greeting] = await once(program.stdout.setEncoding('utf8'), 'data');
  const url = /http:\/\/localhost:\d+/.exec(greeting)?.[0];
  return {
    ended,
    complaints,
    ask: (path: string, question: string) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', connection: 'close' },
        body: JSON.stringify({ question }),
      }),
    interrupt: () => program.kill('SIGINT'),
    async [Symbol.asyncDispose]() {
      program.kill('SIGKILL');
    },
  };
}

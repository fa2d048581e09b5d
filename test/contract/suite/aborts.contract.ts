import assert from 'node:assert/strict';
import { play } from '../../support/raw-http.ts';
import { leave, requestOf } from '../harness/clients.ts';
import type { App, Framework } from '../harness/frameworks.ts';
import { later, pause, until } from '../harness/pause.ts';
import { httpOf, printed, type Stage, stageOf, stepsOf } from '../harness/stage.ts';

export function aborts(framework: Framework): void {
  describe('a client that leaves', () => {
    it('before the answer leaves an aborted trace without a status, and the signal aborts', async () => {
      await using stage = await stageOf(framework, {
        define: (app, { tell }) =>
          app.route('GET', '/slow', async (call) => {
            await call.trace.step('ponder', async () => {
              call.trace.signal.addEventListener('abort', () => tell('aborted'));
              tell('begun');
              await until(() => call.trace.signal.aborted, 'the abort');
            });
            return { text: 'too late' };
          }),
      });
      await play(stage.port, async (peer) => {
        peer.send(requestOf('GET /slow'));
        await stage.told('begun');
        leave(framework, peer);
      });
      await stage.told('aborted');
      const row = await stage.only();
      const http = httpOf(row);
      assert.deepEqual(
        { outcome: http.outcome, status: http.status, bytes: http.bytes },
        { outcome: 'aborted', status: null, bytes: 0 },
      );
      assert.equal(
        stepsOf(row).replace(/ {2}✗ .*/g, ''),
        printed(`
(uuid)  aborted
└─ GET /slow [user_call]
   └─ ponder [user_call]
`),
      );
    });

    it('in mid-stream leaves an aborted trace with what it saw of the answer', async () => {
      await using stage = await stageOf(framework, {
        define: (app, { tell }) =>
          app.route('GET', '/story', (call) => {
            call.trace.signal.addEventListener('abort', () => tell('aborted'));
            return { stream: endless(), headers: { 'content-type': 'text/plain' } };
          }),
      });
      await play(stage.port, async (peer) => {
        peer.send(requestOf('GET /story'));
        await peer.until('and then');
        leave(framework, peer);
      });
      await stage.told('aborted');
      const row = await stage.only();
      assert.equal(httpOf(row).outcome, 'aborted');
      assert.equal(httpOf(row).status, 200);
      assert.match(String(row.output), /^and then (and then )*$/);
      assert.equal(httpOf(row).bytes, String(row.output).length);
    });

    it('while it uploads leaves an aborted trace', async () => {
      await using stage = await stageOf(framework, { define: upload });
      await sendHalf(framework, stage);
      assert.equal(httpOf(await stage.only()).outcome, 'aborted');
    });

    it('while it uploads leaves what it sent, and no output', async () => {
      await using stage = await stageOf(framework, { define: upload });
      await sendHalf(framework, stage);
      const row = await stage.only();
      assert.equal(row.body, '{"question":"Is anyo');
      assert.equal(row.output, null);
    });

    it('as one of many leaves the traces of the others alone', async () => {
      await using stage = await stageOf(framework, {
        define: (app, { tell, opened }) =>
          app.route('GET', '/:n', async (call) => {
            tell('waiting');
            await opened('the answers');
            return { text: `answer ${call.params.n}` };
          }),
      });
      const ask = (n: number) =>
        play(stage.port, async (peer) => {
          const id = `X-Request-Id: ${n % 2 === 0 ? 'stays' : 'leaves'}-${n}`;
          peer.send(requestOf(`GET /${n}`, [id, 'Connection: close']));
          await allWait;
          if (n % 2 === 1) leave(framework, peer);
          gone++;
          if (gone === 40) await later(20).then(() => stage.open('the answers'));
        });
      let gone = 0;
      const allWait = stage.told('waiting', 40);
      await Promise.all(Array.from({ length: 40 }, (_, n) => ask(n)));
      for (const row of await stage.rows(40)) {
        const [kind, n] = row.inferenceId.split('-');
        const { outcome, status } = httpOf(row);
        if (kind === 'stays') {
          assert.deepEqual([outcome, status, row.output], ['completed', 200, `answer ${n}`]);
        } else {
          assert.deepEqual([outcome, status, row.output], ['aborted', null, null]);
        }
      }
    });
  });
}

function upload(app: App): void {
  app.route('POST', '/upload', async (call) => ({ json: await call.body() }));
}

async function sendHalf(framework: Framework, stage: Stage): Promise<void> {
  await play(stage.port, async (peer) => {
    const headers = ['Content-Type: application/json', 'Content-Length: 1000'];
    peer.send(requestOf('POST /upload', headers, '{"question":"Is anyo'));
    await until(async () => (await stage.stats()).open === 1, 'the request');
    // The app may get the body a moment later than the head.
    await later(20);
    leave(framework, peer);
  });
}

async function* endless(): AsyncGenerator<string> {
  for (;;) {
    yield 'and then ';
    await pause(4);
  }
}

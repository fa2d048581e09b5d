/** Bodies of every kind that Koa takes. It reads streams when all middleware is done. */

import assert from 'node:assert/strict';
import { Readable, Transform } from 'node:stream';
import { setTimeout as later } from 'node:timers/promises';
import { step } from '@openlayer-tracing/core';
import { play } from '../../support/raw-http.ts';
import { requestOf } from '../harness/clients.ts';
import { pause } from '../harness/pause.ts';
import { Gate } from '../harness/signals.ts';
import { httpOf, printed, stepsOf } from '../harness/stage.ts';
import { koaVersions } from './frameworks.ts';
import { stagesOf } from './stage.ts';

/** Says a word in each pull, and makes a step of it. */
async function* words(): AsyncGenerator<string> {
  for (const word of ['Tea ', 'is ', 'ready']) {
    await pause(word.length);
    step(`say ${word.trim()}`, () => {});
    yield word;
  }
}

function webWords(): ReadableStream<Uint8Array> {
  const said = words();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await said.next();
      if (done) controller.close();
      else controller.enqueue(Buffer.from(value));
    },
  });
}

/** Asks for its words in `_read`. */
class Speaker extends Readable {
  readonly #said = words();

  override async _read(): Promise<void> {
    const { done, value } = await this.#said.next();
    this.push(done ? null : value);
  }
}

const SAID = `
   ├─ say Tea [user_call]
   ├─ say is [user_call]
   └─ say ready [user_call]`;

interface BodyCase {
  readonly what: string;
  readonly make: () => unknown;
  readonly output: string;
  readonly type?: string;
  readonly only?: 'Koa 3';
  /** Whether its chunks are steps. */
  readonly says?: boolean;
}

const BODIES: readonly BodyCase[] = [
  { what: 'a string', make: () => 'Grüße', output: '"Grüße"' },
  { what: 'HTML', make: () => '<p>hi</p>', output: '"<p>hi</p>"' },
  {
    what: 'a Buffer',
    make: () => Buffer.from([0, 1, 255]),
    output: '"[application/octet-stream: 3 bytes]"',
  },
  { what: 'an object', make: () => ({ answer: 42 }), output: '{"answer":42}' },
  { what: 'a list', make: () => [1, 'two', null], output: '[1,"two",null]' },
  { what: 'a number', make: () => 17, output: '17' },
  {
    what: 'a Node stream',
    make: () => Readable.from(words()),
    output: '"Tea is ready"',
    type: 'text/plain',
    says: true,
  },
  {
    what: 'a Readable of a class of its own',
    make: () => new Speaker(),
    output: '"Tea is ready"',
    type: 'text/plain',
    says: true,
  },
  {
    what: 'a stream that is piped through another',
    make: () =>
      Readable.from(words()).pipe(
        new Transform({ transform: (chunk, _encoding, done) => done(null, String(chunk)) }),
      ),
    output: '"Tea is ready"',
    type: 'text/plain',
    says: true,
  },
  {
    what: 'a web ReadableStream',
    make: webWords,
    output: '"Tea is ready"',
    type: 'text/plain',
    only: 'Koa 3',
    says: true,
  },
  {
    what: 'a Response of a stream',
    make: () => new Response(webWords(), { headers: { 'content-type': 'text/plain' } }),
    output: '"Tea is ready"',
    only: 'Koa 3',
    says: true,
  },
  {
    what: 'a Response of JSON',
    make: () => Response.json({ answer: 42 }, { status: 201 }),
    output: '{"answer":42}',
    only: 'Koa 3',
  },
  {
    what: 'a Blob',
    make: () => new Blob(['blob'], { type: 'text/plain' }),
    output: '"blob"',
    only: 'Koa 3',
  },
];

for (const framework of koaVersions) {
  const { traced } = stagesOf(framework);

  describe(`on ${framework.name} a body that is`, () => {
    for (const { what, make, output, type, only, says } of BODIES) {
      if (only !== undefined && only !== framework.name) continue;
      it(`${what} is the output${says ? ', and its steps are those of the trace' : ''}`, async () => {
        await using stage = await traced((app) => {
          app.use(async (ctx) => {
            if (type !== undefined) ctx.type = type;
            ctx.body = make();
            // What a stream does at once is over by then.
            await later(10);
          });
        });
        const response = await fetch(stage.url);
        const sent = Buffer.from(await response.arrayBuffer());
        const row = await stage.only();
        assert.equal(
          stepsOf(row),
          printed(`
(uuid)  completed  ${response.status}
└─ GET / [user_call]  → ${output}${says ? SAID : ''}
`),
        );
        assert.equal(httpOf(row).bytes, sent.byteLength);
      });
    }

    it('an endless stream ends when the client leaves, and the stream is destroyed', async () => {
      const destroyed = new Gate();
      await using stage = await traced((app) => {
        app.use((ctx) => {
          ctx.type = 'text/plain';
          ctx.body = Readable.from(endless()).on('close', destroyed.open);
        });
      });
      await play(stage.port, async (peer) => {
        peer.send(requestOf('GET /'));
        await peer.until('on and');
        peer.leave();
      });
      await destroyed.passed;
      const row = await stage.only();
      assert.equal(httpOf(row).outcome, 'aborted');
      assert.match(String(row.output), /^on and /);
    });

    it('a stream that fails in the middle is told to the app as ever', async () => {
      const met: unknown[] = [];
      const told = new Gate();
      await using stage = await traced((app) => {
        app.on('error', (error: Error) => {
          met.push(error.message);
          told.open();
        });
        app.use((ctx) => {
          ctx.type = 'text/plain';
          ctx.body = Readable.from(broken());
        });
      });
      await play(stage.port, async (peer) => {
        peer.send(requestOf('GET /', ['Connection: close']));
        await told.passed;
        if (framework.leavesBrokenAnswersOpen) peer.leave();
      });
      assert.deepEqual(met.slice(0, 1), ['the pen broke']);
      const outcome = framework.leavesBrokenAnswersOpen ? 'aborted' : 'error';
      assert.equal(
        stepsOf(await stage.only()),
        printed(`
(uuid)  ${outcome}  200
└─ GET / [user_call]  ✗ the pen broke  → "Once upon"
   └─ write [user_call]
`),
      );
    });

    it('a stream that fails before its first chunk is answered with the error', async () => {
      await using stage = await traced((app) => {
        app.use((ctx) => {
          ctx.body = new Readable({
            read() {
              this.destroy(new Error('no pen'));
            },
          });
        });
      });
      // Koa 3 destroys the answer, Koa 2 still has it in its hands.
      await fetch(stage.url).catch(() => {});
      const row = await stage.only();
      assert.equal(httpOf(row).outcome, 'error');
      assert.equal(row.metadata?.error, 'no pen');
    });
  });
}

async function* endless(): AsyncGenerator<string> {
  for (;;) {
    yield 'on and ';
    await later(2);
  }
}

async function* broken(): AsyncGenerator<string> {
  yield 'Once upon';
  await pause(4);
  step('write', () => {});
  throw new Error('the pen broke');
}

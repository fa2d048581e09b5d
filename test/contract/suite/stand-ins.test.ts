/** Requests and responses that stand for those of a bare server of Node's: proxies of them, and objects that inherit from them. */

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { openlayerTracing } from '@openlayer-tracing/express';
import type { Request, Response } from 'express';
import { type Collector, startCollector } from '../../support/collector.ts';
import { httpOf } from '../harness/stage.ts';

type StandIn = <T extends object>(original: T) => T;

const heirOf: StandIn = (original) => Object.create(original);

/** Node's private fields are found on the original alone, so that its methods are called on it. */
const boundTo: StandIn = (original) =>
  new Proxy(original, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });

const handingOn: StandIn = (original) => {
  const heir = heirOf(original);
  for (const name of ['write', 'end', 'writeHead', 'setHeader'] as const) {
    const method: unknown = Reflect.get(original, name);
    if (typeof method !== 'function') continue;
    Object.defineProperty(heir, name, {
      value: (...args: unknown[]) => Reflect.apply(method, original, args),
      writable: true,
    });
  }
  return heir;
};

const STAND_INS: Readonly<Record<string, StandIn>> = {
  itself: (original) => original,
  'Object.create()': heirOf,
  'Object.create() of Object.create()': (original) => heirOf(heirOf(original)),
  'a frozen Object.create()': (original) => Object.freeze(heirOf(original)),
  'Object.create() whose methods call those of the original': handingOn,
  'a proxy': (original) => new Proxy(original, {}),
  'a proxy with bound methods': boundTo,
  'Object.create() of a proxy': (original) => heirOf(new Proxy(original, {})),
};

/** Those that Node itself takes an answer from; the others keep what is written to them. */
const ANSWERING = [
  'itself',
  'Object.create() whose methods call those of the original',
  'a proxy with bound methods',
];

interface Served extends AsyncDisposable {
  post(body: string): Promise<Answered>;
}

/** What the client gets. */
interface Answered {
  readonly status: number | undefined;
  readonly id: unknown;
  readonly body: string;
}

async function serving(
  isKeptAlive: boolean,
  listener: (req: IncomingMessage, res: ServerResponse) => void,
): Promise<Served> {
  const server = createServer(listener);
  const agent = new Agent({ keepAlive: isKeptAlive, maxSockets: 1 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    async post(body) {
      const sent = request({ host: '127.0.0.1', port, agent, method: 'POST', path: '/chat' });
      sent.end(body);
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      const { statusCode: status, headers } = response;
      return { status, id: headers['x-request-id'], body: await text(response) };
    },
    async [Symbol.asyncDispose]() {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Exchange {
  readonly req: StandIn;
  readonly res: StandIn;
  /** Whether the app reads and answers by the stand-ins, and not by the originals. */
  readonly usesStandIns: boolean;
  readonly isKeptAlive: boolean;
}

const BODIES = ['a', 'b', 'c'];

const CONNECTIONS = { 'one connection': true, 'a connection each': false };

async function checkTraces(collector: Collector, exchange: Exchange): Promise<void> {
  const tracer = collector.createTracer();
  const tracing = openlayerTracing({ tracer });
  await using server = await serving(exchange.isKeptAlive, (req, res) => {
    const standIns = { req: exchange.req(req), res: exchange.res(res) };
    const used = exchange.usesStandIns ? standIns : { req, res };
    tracing(standIns.req as Request, standIns.res as Response, async () => {
      const body = await text(used.req);
      used.res.writeHead(201, { 'content-type': 'text/plain' });
      used.res.write(`got ${body}`);
      setTimeout(() => used.res.end('!'), 1);
    });
  });
  const answers: Answered[] = [];
  for (const body of BODIES) answers.push(await server.post(body));
  // Before the connection is closed, which would end them as well.
  const rows = await collector.exactly(BODIES.length);
  assert.equal(tracer.stats().open, 0);
  assert.deepEqual(
    rows.map(({ inferenceId: id, output: body }) => ({ status: 201, id, body })),
    answers,
  );
  assert.deepEqual(
    rows.map((row) => [row.body, row.output, httpOf(row).outcome, httpOf(row).bytes]),
    BODIES.map((body) => [body, `got ${body}!`, 'completed', 6]),
  );
}

describe('a response that stands for another', () => {
  for (const [connection, isKeptAlive] of Object.entries(CONNECTIONS)) {
    for (const [name, res] of Object.entries(STAND_INS)) {
      it(`as ${name} has its trace where the app answers by the original, over ${connection}`, async () => {
        await using collector = await startCollector();
        const req = STAND_INS.itself as StandIn;
        await checkTraces(collector, { req, res, usesStandIns: false, isKeptAlive });
      });
    }
    for (const name of ANSWERING) {
      it(`as ${name} has its trace where the app answers by it, over ${connection}`, async () => {
        await using collector = await startCollector();
        const req = STAND_INS.itself as StandIn;
        const res = STAND_INS[name] as StandIn;
        await checkTraces(collector, { req, res, usesStandIns: true, isKeptAlive });
      });
    }
  }

  it('without listeners of its own leaves the emitters of the process alone', async () => {
    const { emit } = EventEmitter.prototype;
    await using collector = await startCollector();
    const tracing = openlayerTracing({ tracer: collector.createTracer() });
    // No constructor of Node's has run for it.
    const res = Object.assign(Object.create(EventEmitter.prototype), {
      statusCode: 200,
      writableEnded: false,
      write: () => true,
      end(this: { writableEnded: boolean }) {
        this.writableEnded = true;
      },
      getHeader: () => undefined,
      setHeader: () => {},
    });
    tracing({ method: 'GET', url: '/', headers: {} } as Request, res, () => res.end('x'));
    assert.equal(EventEmitter.prototype.emit, emit);
    const [row] = await collector.exactly(1);
    assert.equal(row?.output, 'x');
  });
});

describe('a request that stands for another', () => {
  for (const [connection, isKeptAlive] of Object.entries(CONNECTIONS)) {
    for (const [name, req] of Object.entries(STAND_INS)) {
      it(`as ${name} has its body in the trace where the app reads the original, over ${connection}`, async () => {
        await using collector = await startCollector();
        const res = STAND_INS.itself as StandIn;
        await checkTraces(collector, { req, res, usesStandIns: false, isKeptAlive });
      });
    }
  }
});

/** Prints, as JSON, what traced requests change in the process around them. */

import { EventEmitter } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { Readable, Writable } from 'node:stream';
import timers from 'node:timers';
import express from 'express';

const watched: Record<string, object> = {
  globalThis,
  process,
  console,
  JSON,
  Math,
  Reflect,
  Object,
  Promise,
  Array,
  Error,
  http,
  https,
  net,
  timers,
  'Object.prototype': Object.prototype,
  'Function.prototype': Function.prototype,
  'Array.prototype': Array.prototype,
  'Promise.prototype': Promise.prototype,
  'Map.prototype': Map.prototype,
  'Error.prototype': Error.prototype,
  'String.prototype': String.prototype,
  'EventEmitter.prototype': EventEmitter.prototype,
  'Readable.prototype': Readable.prototype,
  'Writable.prototype': Writable.prototype,
  'net.Socket.prototype': net.Socket.prototype,
  'net.Server.prototype': net.Server.prototype,
  'http.Server.prototype': http.Server.prototype,
  'http.Agent.prototype': http.Agent.prototype,
  'http.IncomingMessage.prototype': http.IncomingMessage.prototype,
  'http.ServerResponse.prototype': http.ServerResponse.prototype,
  'http.OutgoingMessage.prototype': http.OutgoingMessage.prototype,
  'http.ClientRequest.prototype': http.ClientRequest.prototype,
  'http.globalAgent': http.globalAgent,
  'process.stdout': process.stdout,
  'process.stderr': process.stderr,
  'process.env': process.env,
  'express.application': express.application,
  'express.request': express.request,
  'express.response': express.response,
};

// Node itself puts a value in the place of its accessor when it is read first.
void globalThis.TextEncoder;

type Look = Map<string, PropertyDescriptor>;

function look(): Look {
  const found: Look = new Map();
  for (const [name, object] of Object.entries(watched)) {
    for (const key of Reflect.ownKeys(object)) {
      const descriptor = Object.getOwnPropertyDescriptor(object, key);
      if (descriptor !== undefined) found.set(`${name}: ${String(key)}`, descriptor);
    }
  }
  return found;
}

function run(app: express.Express): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = app.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      let left = 5;
      for (let i = 0; i < 5; i++) {
        http
          .get({ port, path: '/', agent: false }, (response) => {
            response.resume().on('close', () => {
              if (--left === 0) server.close(() => resolve());
            });
          })
          .on('error', reject);
      }
    });
  });
}

function newApp(): express.Express {
  const app = express();
  app.get('/', (_req, res) => {
    res.json({ ok: true });
  });
  return app;
}

const events = () =>
  process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`);

// What Node itself loads at first use is there before the first look.
await run(newApp());
process.stdout.listenerCount('error');
process.stderr.listenerCount('error');
new AbortController().abort();
const before = look();
const eventsBefore = new Set(events());

const { openlayerTracing, flush } = await import('@openlayer-tracing/express');
const app = express();
app.use(openlayerTracing());
app.get('/', async (req, res) => {
  await req.trace.step('work', async () => {});
  res.json({ ok: true });
});
await run(app);
await flush();

const after = look();
const changed: string[] = [];
for (const [name, descriptor] of after) {
  const former = before.get(name);
  if (former === undefined) {
    changed.push(`${name} ${descriptor.enumerable ? 'new and enumerable' : 'new'}`);
  } else if (former.get !== descriptor.get || former.set !== descriptor.set) {
    changed.push(`${name} another accessor`);
  } else if (typeof descriptor.value === 'function' && former.value !== descriptor.value) {
    changed.push(`${name} replaced`);
  }
}
for (const name of before.keys()) if (!after.has(name)) changed.push(`${name} gone`);
console.log(
  JSON.stringify({ changed, events: events().filter((name) => !eventsBefore.has(name)) }),
);

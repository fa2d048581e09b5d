/** A server with HTTP, Express and a database, and two clients. */

const { once } = require('node:events');
const { createServer } = require('node:net');

/** A message of the protocol of Postgres. */
function message(type, body = Buffer.alloc(0)) {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const READY = message('Z', Buffer.from('I'));

/** Speaks just enough of the protocol of Postgres: every query has no rows, unless its text has `nothing`, which fails. */
async function startDatabase() {
  const server = createServer((socket) => {
    let isStarted = false;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      if (!isStarted) {
        isStarted = true;
        socket.write(Buffer.concat([message('R', Buffer.alloc(4)), READY]));
        return;
      }
      if (bytes[0] === 'X'.charCodeAt(0)) {
        socket.end();
        return;
      }
      const isWrong = bytes.includes('nothing');
      const failure = Buffer.from('SERROR\0C42P01\0Mrelation "nothing" does not exist\0\0');
      const answer = isWrong
        ? [message('E', failure)]
        : [message('1'), message('2'), message('n'), message('C', Buffer.from('SELECT 0\0'))];
      socket.write(Buffer.concat([...answer, READY]));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

exports.calls = async (tools) => {
  const express = require('express');
  const { Client } = require('pg');
  const http = require('node:http');
  const postgres = await startDatabase();
  const app = express();
  app.get('/chat/:id', async (req, res) => {
    const database = new Client({
      host: '127.0.0.1',
      port: postgres.address().port,
      user: 'app',
      database: 'shop',
    });
    await database.connect();
    await database.query('SELECT * FROM orders WHERE id = $1', [req.params.id]);
    await tools.failing(() => database.query('SELECT * FROM nothing WHERE id = $1', [1]));
    await database.end();
    res.json({ id: req.params.id });
  });
  app.get('/fails', () => {
    throw new Error('it broke');
  });
  app.use((error, _req, res, _next) => res.status(500).json({ error: error.message }));
  const server = app.listen(0);
  await once(server, 'listening');
  const base = `http://127.0.0.1:${server.address().port}`;
  await tools.tracer.startActiveSpan('job', async (span) => {
    await (await fetch(`${base}/chat/7?full=1`)).json();
    await (await fetch(`${base}/fails`)).json();
    await (await fetch(`${base}/nowhere`)).text();
    const [response] = await once(http.get(`${base}/chat/8`), 'response');
    response.resume();
    await once(response, 'end');
    await tools.failing(() => fetch('http://127.0.0.1:1/'));
    span.end();
  });
  server.close();
  postgres.close();
};

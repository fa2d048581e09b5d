/** Shows what the library does: asks the example chat in several ways, and prints the trace of each request. */

import { once } from 'node:events';
import { renderTrace, startLocalServer } from '@openlayer-tracing/local';
import { createApp, createRetriever, readCorpus } from 'example-express-chat';
import { connectModel } from 'example-local-model';

const KEY = 'local-key';
const PIPELINE = 'a1f3c7de-5b21-4c0e-9d64-8e2f7b6a9c10';
const PORT = Number(process.env.PORT ?? 3000);

/** @param {{ once: boolean }} options whether to end by itself */
export async function tour({ once: endsByItself }) {
  const port = endsByItself ? 0 : 4600;
  const local = await startLocalServer({ port, checks: 'lenient' }).catch(() =>
    startLocalServer({ checks: 'lenient' }),
  );
  // The tracer reads these when the app is made, as in an app of your own. What may be set for one of yours is not for
  // here: its key would be printed, and its spool would get our rows.
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('OPENLAYER_')) delete process.env[name];
  }
  process.env.OPENLAYER_BASE_URL = local.url;
  process.env.OPENLAYER_API_KEY = KEY;
  process.env.OPENLAYER_INFERENCE_PIPELINE_ID = PIPELINE;
  const { shutdown } = await import('@openlayer-tracing/express');
  const model = await connectModel();
  const app = createApp({ model, retriever: createRetriever(await readCorpus()) });
  const server = await listen(app, endsByItself ? 0 : PORT);
  const url = `http://localhost:${server.address().port}`;
  console.log(
    `Asking the example chat at ${url} (model ${model.name}); its traces go to ${local.url}\n`,
  );

  const asked = await askAll(url);
  const rows = new Map(
    (await local.waitForRows(asked.length)).map((row) => [row.inferenceId, row]),
  );
  for (const { id, about } of asked) {
    console.log(`${about}\n${renderTrace(rows.get(id), { color: process.stdout.isTTY })}\n`);
  }
  const end = async () => {
    server.close();
    server.closeAllConnections();
    await shutdown();
    await model[Symbol.asyncDispose]();
    await local.close();
  };
  if (endsByItself) {
    await end();
    return;
  }
  local.on('row', (row) => {
    const { isTTY: color, columns: width } = process.stdout;
    console.log(`${renderTrace(row, { color, width, details: true })}\n`);
  });
  local.on('update', ({ row }, _pipeline, id) => {
    console.log(`${oneLine(id)}  updated  ${oneLine(JSON.stringify(row))}\n`);
  });
  console.log(invitation(url, local));
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  console.log('\nEnding.');
  await end();
}

/** Some at once, one streamed, one left by its client, one that fails: each with an id of its own. */
async function askAll(url) {
  const asked = [];
  const ask = (id, about, path, body, read = (response) => response.text(), options = {}) => {
    asked.push({ id, about });
    const headers = { 'content-type': 'application/json', 'x-request-id': id };
    return fetch(`${url}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      ...options,
    }).then(read);
  };
  await Promise.all([
    ask('tour-drill', 'Two questions at once:', '/chat', {
      question: 'Do I need a deposit to borrow a drill?',
      user: 'ada',
      session: 'tour',
    }),
    ask('tour-late', 'The other one:', '/chat', {
      question: 'What does a late book cost per day?',
      user: 'ben',
    }),
  ]);
  await ask('tour-streamed', 'One whose answer was streamed:', '/chat/stream', {
    question: 'Is there a password for the wifi?',
  });
  const client = new AbortController();
  const leave = async (response) => {
    let said = '';
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      said += text;
      if (said.split('\n\n').length > 4) client.abort();
    }
  };
  await ask(
    'tour-left',
    'One whose client left in mid-answer:',
    '/chat/stream',
    { question: 'Are guide dogs welcome?' },
    leave,
    { signal: client.signal },
  ).catch(() => {});
  await ask('tour-failed', 'One that failed:', '/chat', {
    question: 'May I renew a book that somebody waits for?',
    model: 'local-broken',
  });
  return asked;
}

/** What a client has sent, on one line and without what would steer the terminal. */
function oneLine(text) {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?').slice(0, 200);
}

async function listen(app, port) {
  const server = app.listen(port);
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return listen(app, 0);
  }
}

function invitation(url, local) {
  return `Still serving. Ask on the chat's page, and watch the traces on theirs, or here:

  ${url}
  ${local.viewerUrl}

Or try in another terminal:

  # a question, with an id of yours
  curl ${url}/chat -H 'content-type: application/json' -H 'x-request-id: my-question' \\
    -d '{ "question": "Do I need a deposit to borrow a drill?", "user": "ada" }'

  # an answer that streams; leave it with Ctrl-C
  curl -N ${url}/chat/stream -H 'content-type: application/json' \\
    -d '{ "question": "What does a late book cost per day?" }'

  # what you thought of the first answer
  curl -i ${url}/feedback -H 'content-type: application/json' \\
    -d '{ "inferenceId": "my-question", "helpful": true }'

  # the row that all of this is in
  curl ${local.url}/inference-pipelines/${PIPELINE}/rows/my-question -H 'authorization: Bearer ${KEY}'

Ctrl-C ends it.`;
}

/** Replicate's predictions and fal's requests: made by one request, asked for by others until they are over. */

import { type Exchange, pause, sendEvents, sendJson, words } from './exchange.ts';

interface Job {
  readonly input: Readonly<Record<string, unknown>>;
  /** How often it was asked for. */
  asked: number;
  isCanceled: boolean;
}

const jobs = new Map<string, Job>();
/** A job is over when it is asked for so many times. */
const LONG = 3;

function makeJob(input: unknown): string {
  const id = `job${jobs.size + 1}`;
  jobs.set(id, { input: (input ?? {}) as Job['input'], asked: 0, isCanceled: false });
  return id;
}

const saidTo = ({ input }: Job): string => `You said: ${String(input.prompt)}`;

export function makePrediction({ params, path, req, res }: Exchange): void {
  const id = makeJob(params.input);
  const job = jobs.get(id) as Job;
  const waits = String(req.headers.prefer).startsWith('wait') && job.input.slow !== true;
  if (waits) job.asked = LONG;
  const body = prediction(id, job, `http://${req.headers.host}`);
  const [, model = 'by/version'] = /models\/(.+)\/predictions$/.exec(path) ?? [];
  const { webhook } = params;
  sendJson(res, { ...body, model, ...(webhook !== undefined && { webhook }) }, 201);
}

export function askForPrediction({ path, req, res, scenario }: Exchange): void {
  const [, id = '', cancel] = /\/predictions\/([^/]+)(\/cancel)?$/.exec(path) ?? [];
  const job = jobs.get(id);
  if (job === undefined || scenario === 'asked-503') {
    sendJson(res, { detail: 'not now' }, job === undefined ? 404 : 503);
    return;
  }
  job.asked++;
  if (cancel !== undefined) job.isCanceled = true;
  sendJson(res, prediction(id, job, `http://${req.headers.host}`));
}

function prediction(id: string, job: Job, origin: string): object {
  const { input, asked, isCanceled } = job;
  const isOver = asked >= LONG;
  const isFailed = isOver && input.fails === true;
  const links = {
    get: `${origin}/v1/predictions/${id}`,
    cancel: `${origin}/v1/predictions/${id}/cancel`,
    stream: `${origin}/v1/files/fddq-${id}`,
  };
  return {
    id,
    model: 'by/version',
    version: '5c7d5dc6dd8bf75c',
    input,
    status: isCanceled
      ? 'canceled'
      : isFailed
        ? 'failed'
        : isOver
          ? 'succeeded'
          : asked === 0
            ? 'starting'
            : 'processing',
    output: isOver && !isFailed ? outputFor(job) : null,
    error: isFailed ? 'CUDA out of memory' : null,
    metrics: isOver ? { predict_time: 1.5, input_token_count: 4, output_token_count: 6 } : {},
    urls: links,
  };
}

function outputFor(job: Job): unknown {
  return job.input.draws === true ? ['https://replicate.delivery/1.webp'] : words(saidTo(job));
}

export async function streamPrediction({ path, res, scenario }: Exchange): Promise<void> {
  const job = jobs.get(/fddq-([^/]+)$/.exec(path)?.[1] ?? '') as Job;
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const piece of words(saidTo(job))) {
    res.write(`event: output\nid: 1\ndata: ${piece}\n\n`);
    await pause(1);
  }
  if (scenario === 'halts') return;
  if (job.input.fails === true)
    res.write('event: error\ndata: {"detail":"CUDA out of memory"}\n\n');
  res.end('event: done\ndata: {}\n\n');
}

const FAL_ID = 'fal-request';
const fal = { 'content-type': 'application/json', 'x-fal-request-id': FAL_ID };

export async function falRun(exchange: Exchange): Promise<void> {
  const { params, path, res } = exchange;
  if (path.endsWith('/stream')) {
    const said = words(`You said: ${String(params.prompt)}`);
    const events = said.map((_word, i) => ({
      output: said.slice(0, i + 1).join(''),
      partial: i < said.length - 1,
    }));
    await sendEvents(exchange, events);
    return;
  }
  res.writeHead(200, { ...fal, 'x-fal-billable-units': '1.5' });
  res.end(JSON.stringify(falResult(params)));
}

export async function falQueue(exchange: Exchange): Promise<void> {
  const { params, path, req, res } = exchange;
  const [, id, part] = /\/requests\/([^/]+)(\/.+)?$/.exec(path) ?? [];
  if (id === undefined) {
    sendJson(res, { request_id: makeJob(params), status: 'IN_QUEUE', queue_position: 0 });
    return;
  }
  const job = jobs.get(id) as Job;
  job.asked++;
  const states = ['IN_QUEUE', 'IN_PROGRESS', 'COMPLETED'].map((status) => ({
    request_id: id,
    status,
    ...(status === 'COMPLETED' && { metrics: { inference_time: 2.5 } }),
  }));
  if (part === '/status/stream') await sendEvents(exchange, states);
  else if (part === '/status') sendJson(res, states[Math.min(job.asked, LONG) - 1]);
  else if (req.method === 'PUT') sendJson(res, { status: 'CANCELLATION_REQUESTED' }, 202);
  else if (job.input.fails === true) {
    sendJson(res, { detail: [{ loc: ['body', 'prompt'], msg: 'too dark' }] }, 422);
  } else {
    res.writeHead(200, { ...fal, 'x-fal-billable-units': '1.5' });
    res.end(JSON.stringify(falResult(job.input)));
  }
}

function falResult({ prompt, draws }: Readonly<Record<string, unknown>>): object {
  return draws === true
    ? { images: [{ url: 'https://fal.media/1.png', width: 64 }], seed: 7 }
    : { output: `You said: ${String(prompt)}`, partial: false, error: null };
}

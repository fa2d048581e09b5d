/** The tasks of Hugging Face's inference API, and of its server for texts. */

import { type Exchange, sendEvents, sendJson, words } from './exchange.ts';

const DETAILS = { finish_reason: 'length', generated_tokens: 4, prefill: [{ id: 1 }, { id: 2 }] };

export async function huggingFaceTask(exchange: Exchange): Promise<void> {
  const { params, path, res } = exchange;
  const said = `You said: ${String(params.inputs)}`;
  if (path.endsWith('/pipeline/feature-extraction')) {
    const vector = [0.1, 0.2, 0.3];
    sendJson(res, Array.isArray(params.inputs) ? params.inputs.map(() => vector) : vector);
  } else if (path.includes('/image-model')) {
    res.writeHead(200, { 'content-type': 'image/jpeg' }).end(Buffer.alloc(300));
  } else if (path.endsWith('/generate_stream')) {
    const tokens = words(said);
    const events = tokens.map((text, id) => ({
      token: { id, text, logprob: -1, special: false },
      generated_text: id === tokens.length - 1 ? said : null,
      details: id === tokens.length - 1 ? DETAILS : null,
    }));
    await sendEvents(exchange, events);
  } else if (path.endsWith('/generate')) {
    sendJson(res, { generated_text: said, details: DETAILS });
  } else if (path.includes('/image-classification')) {
    sendJson(res, [{ label: 'cat', score: 0.9 }]);
  } else if (path.includes('/summary-model')) {
    sendJson(res, [{ summary_text: 'short' }]);
  } else {
    sendJson(res, [{ generated_text: said }]);
  }
}

/** OpenAI's embeddings, images, moderations and audio. */

import { type Exchange, sendEvents, sendJson, tokensIn } from './exchange.ts';

export function embeddings({ params, res }: Exchange): void {
  const inputs = Array.isArray(params.input) ? params.input : [params.input];
  const dimensions = Number(params.dimensions ?? 8);
  const tokens = inputs.reduce((sum: number, each) => sum + tokensIn(String(each)), 0);
  sendJson(res, {
    object: 'list',
    model: `${params.model}`,
    data: inputs.map((_, index) => {
      const vector = Float32Array.from({ length: dimensions }, (_, i) => (i + index) / 8);
      const embedding =
        params.encoding_format === 'base64'
          ? Buffer.from(vector.buffer).toString('base64')
          : [...vector];
      return { object: 'embedding', index, embedding };
    }),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}

export function imageGenerations({ params, res }: Exchange): void {
  sendJson(res, {
    created: 1_700_000_000,
    data: Array.from({ length: Number(params.n ?? 1) }, () => ({
      b64_json: Buffer.alloc(3000, 7).toString('base64'),
    })),
    usage: {
      total_tokens: 110,
      input_tokens: 10,
      output_tokens: 100,
      input_tokens_details: { text_tokens: 10, image_tokens: 0 },
    },
  });
}

export function moderations({ params, res }: Exchange): void {
  const flagged = String(params.input).includes('fight');
  sendJson(res, {
    id: 'modr-1',
    model: `${params.model ?? 'omni-moderation-latest'}`,
    results: [
      {
        flagged,
        categories: { violence: flagged, hate: false },
        category_scores: { violence: flagged ? 0.9 : 0.01, hate: 0 },
      },
    ],
  });
}

export function speech({ res }: Exchange): void {
  res.writeHead(200, { 'content-type': 'audio/mpeg' });
  res.write(Buffer.alloc(2000, 1));
  res.end(Buffer.alloc(1000, 2));
}

export function transcriptions({ res }: Exchange): void {
  sendJson(res, {
    text: 'what was said',
    usage: { type: 'tokens', input_tokens: 14, output_tokens: 3, total_tokens: 17 },
  });
}

/** Texts that a prompt is continued by, as before there were chats. */
export async function completions(exchange: Exchange): Promise<void> {
  const { params, res } = exchange;
  const head = { id: 'cmpl-1', object: 'text_completion', created: 1_700_000_000 };
  const model = `${params.model}-2026`;
  const [first, second] = ['You said:', ` ${String(params.prompt)}`];
  const usage = { prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 };
  const piece = (text: string, finish_reason: string | null) => ({
    ...head,
    model,
    choices: [{ index: 0, text, finish_reason, logprobs: null }],
  });
  if (params.stream !== true) sendJson(res, { ...piece(first + second, 'stop'), usage });
  else {
    const events = [piece(first, null), { ...piece(second, 'stop'), usage }];
    await sendEvents(exchange, events, { last: '[DONE]' });
  }
}

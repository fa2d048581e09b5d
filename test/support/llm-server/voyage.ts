/** Voyage's embeddings and rankings, which others answer alike. */

import { type Exchange, sendJson } from './exchange.ts';

const VECTOR = [0.1, -0.2, 0.3];

export function voyageEmbeddings({ params, path, res }: Exchange): void {
  const inputs = params.inputs as unknown[];
  const vectors = (of: unknown[]) =>
    of.map((_each, index) => ({ object: 'embedding', embedding: VECTOR, index }));
  const data = path.endsWith('/contextualizedembeddings')
    ? inputs.map((chunks, index) => ({ object: 'list', data: vectors(chunks as unknown[]), index }))
    : vectors(inputs);
  const usage = path.endsWith('/multimodalembeddings')
    ? { text_tokens: 3, image_pixels: 2000, total_tokens: 9 }
    : { total_tokens: 9 };
  sendJson(res, { object: 'list', data, model: params.model, usage });
}

export function rerankings({ params, path, res }: Exchange): void {
  const documents = (params.documents ?? params.texts) as unknown[];
  const results = documents
    .map((document, index) => ({
      index,
      relevance_score: 0.9 - index / 10,
      document: path.startsWith('/openrouter/') ? { text: document } : document,
    }))
    .slice(0, Number(params.top_k ?? params.top_n ?? documents.length));
  const usage = { total_tokens: 11 };
  // Voyage has a list of data, Jina and OpenRouter one of results, and Hugging Face's own server the list alone.
  if (params.texts !== undefined)
    sendJson(
      res,
      results.map(({ index }) => ({ index, score: 0.9 })),
    );
  else if (/voyage/.test(path))
    sendJson(res, { object: 'list', data: results, model: params.model, usage });
  else sendJson(res, { id: 'rr_1', model: params.model, results, usage });
}

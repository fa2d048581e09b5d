/** Google's `models/...:generateContent`, whole and as events, and its embeddings. */

import { type Exchange, sendEvents, sendJson, words } from './exchange.ts';

interface Part {
  readonly text?: string;
  readonly functionResponse?: object;
}

export async function generateContent(exchange: Exchange): Promise<void> {
  const { params, path, res, scenario } = exchange;
  const parts = (params.contents as { parts: Part[] }[]).at(-1)?.parts ?? [];
  const question = parts.find(({ text }) => text !== undefined)?.text ?? 'what it found';
  const model = /models\/([^:]+):/.exec(path)?.[1];
  const calls = params.tools !== undefined && parts.every((part) => !part.functionResponse);
  const answer = calls
    ? ['Oslo', 'Roma'].map((city) => ({ functionCall: { name: 'weather', args: { city } } }))
    : [...thoughts(params), ...words(answerTo(question)).map((text) => ({ text }))];
  const chunk = (part: readonly object[], isLast: boolean) => ({
    candidates: [
      {
        content: { role: 'model', parts: part },
        index: 0,
        ...(isLast && { finishReason: 'STOP' }),
      },
    ],
    usageMetadata: {
      promptTokenCount: 6,
      ...(isLast && { candidatesTokenCount: 4, thoughtsTokenCount: 2, totalTokenCount: 12 }),
    },
    modelVersion: model,
    responseId: 'gem-1',
  });
  if (path.endsWith(':generateContent')) {
    const whole = calls ? answer : [...thoughts(params), { text: answerTo(question) }];
    sendJson(res, chunk(whole, true));
    return;
  }
  const chunks: object[] = answer.map((part, i) => chunk([part], i === answer.length - 1));
  if (scenario === 'error-event') {
    chunks.splice(2, 0, {
      error: { code: 503, message: 'overloaded in mid-stream', status: 'UNAVAILABLE' },
    });
  }
  await sendEvents(exchange, chunks);
}

function thoughts({ generationConfig }: Exchange['params']): object[] {
  const config = generationConfig as { thinkingConfig?: object } | undefined;
  return config?.thinkingConfig === undefined ? [] : [{ text: 'Let me see.', thought: true }];
}

function answerTo(question: string): string {
  const long = /^(\d+) words$/.exec(question)?.[1];
  return long === undefined
    ? `You said: ${question}`
    : Array.from({ length: Number(long) }, (_, i) => `w${i}`).join(' ');
}

export function embedContents({ params, res }: Exchange): void {
  const requests = (params.requests as object[] | undefined) ?? [params];
  const embeddings = requests.map((_, i) => ({ values: [i, 0.5, 0.25] }));
  sendJson(res, params.requests === undefined ? { embedding: embeddings[0] } : { embeddings });
}

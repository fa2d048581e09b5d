/** Google's `models/...:generateContent`, whole and as events. */

import { type Exchange, sendEvents, sendJson, words } from './exchange.ts';

export async function generateContent(exchange: Exchange): Promise<void> {
  const { params, path, res } = exchange;
  const contents = params.contents as { parts: { text?: string }[] }[];
  const said = `You said: ${contents.at(-1)?.parts[0]?.text}`;
  const model = /models\/([^:]+):/.exec(path)?.[1];
  const chunk = (text: string, isLast: boolean) => ({
    candidates: [
      {
        content: { role: 'model', parts: [{ text }] },
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
    sendJson(res, chunk(said, true));
    return;
  }
  const pieces = words(said);
  await sendEvents(
    exchange,
    pieces.map((text, i) => chunk(text, i === pieces.length - 1)),
  );
}

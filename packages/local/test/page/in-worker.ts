import { Session } from 'node:inspector/promises';

/** Runs an expression in the reading thread that was started last, without waiting for its end. */
export async function inWorker(expression: string): Promise<void> {
  const session = new Session();
  session.connect();
  try {
    // Threads of test tools are among them, and those of servers that were closed may not have ended. They come in any order.
    const threads: { sessionId: string; started: number }[] = [];
    session.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
      const started = Number(/\d+/.exec(workerInfo.title));
      if (workerInfo.url.includes('read-worker')) threads.push({ sessionId, started });
    });
    await session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
    while (threads.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const message = { id: 1, method: 'Runtime.evaluate', params: { expression } };
    await session.post('NodeWorker.sendMessageToWorker', {
      sessionId: threads.sort((a, b) => a.started - b.started).at(-1)?.sessionId ?? '',
      message: JSON.stringify(message),
    });
  } finally {
    session.disconnect();
  }
}

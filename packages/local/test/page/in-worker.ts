import { Session } from 'node:inspector/promises';

/** Runs an expression in the reading thread, without waiting for its end. */
export async function inWorker(expression: string): Promise<void> {
  const session = new Session();
  session.connect();
  try {
    const attached = new Promise<string>((resolve) => {
      session.on('NodeWorker.attachedToWorker', ({ params }) => resolve(params.sessionId));
    });
    await session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
    const message = { id: 1, method: 'Runtime.evaluate', params: { expression } };
    await session.post('NodeWorker.sendMessageToWorker', {
      sessionId: await attached,
      message: JSON.stringify(message),
    });
  } finally {
    session.disconnect();
  }
}

import type { RequestTrace } from '@openlayer-tracing/express';

export interface Answer {
  readonly answer: string;
  /** Titles of the notices in the model's prompt. */
  readonly sources: readonly string[];
}

/** The second service gave no answer. The message is written for clients. */
export class AnswersUnavailable extends Error {
  constructor(options?: ErrorOptions) {
    super('nobody can answer now', options);
  }
}

/** Asks the second service, within the trace of this request. Aborts if the client leaves. */
export async function askAnswers(
  answersUrl: string,
  question: string,
  trace: RequestTrace,
): Promise<Answer> {
  const response = await fetch(`${answersUrl}/answers`, {
    method: 'POST',
    // The current step is the parent of the row that the second service publishes.
    headers: { ...trace.headers(), 'content-type': 'application/json' },
    body: JSON.stringify({ question }),
    signal: trace.signal,
  }).catch((cause: unknown) => {
    throw trace.signal.aborted ? cause : new AnswersUnavailable({ cause });
  });
  if (!response.ok) throw new AnswersUnavailable({ cause: `status ${response.status}` });
  return (await response.json()) as Answer;
}

/** What goes wrong: answers of failure, broken connections, and who hears of a rejection. */

import { type Check, drained, failureOf, rejected } from './check.ts';
import { ask, type OpenAIKit } from './openai-kit.ts';

const never = { maxRetries: 0 };

/** Asks in vain, and tells what was thrown. */
const refused =
  (scenario: string, options: object = never): Check<OpenAIKit>['run'] =>
  (kit) =>
    failureOf(() =>
      kit.client().chat.completions.create(ask(), { ...options, ...kit.scenario(scenario) }),
    );

export const errorChecks: readonly Check<OpenAIKit>[] = [
  { name: 'status 400', run: refused('status-400') },
  { name: 'status 401', run: refused('status-401') },
  { name: 'status 404', run: refused('status-404') },
  { name: 'status 422', run: refused('status-422') },
  { name: 'status 500 without a retry', run: refused('status-500') },
  { name: 'a page of a proxy', run: refused('html') },
  {
    name: 'status 429, then an answer',
    run: (kit) => kit.client().chat.completions.create(ask(), kit.scenario('once-429')),
  },
  {
    name: 'status 503, then a stream',
    async run(kit) {
      const params = { ...ask(), stream: true as const };
      return drained(await kit.client().chat.completions.create(params, kit.scenario('once-503')));
    },
  },
  { name: 'status 503 for good', run: refused('always-503', { maxRetries: 2 }) },
  {
    name: 'a refused stream',
    run: (kit) =>
      failureOf(() =>
        kit
          .client()
          .chat.completions.create(
            { ...ask(), stream: true },
            { ...never, ...kit.scenario('status-400') },
          ),
      ),
  },
  {
    name: 'a stream that dies',
    async run(kit) {
      const params = { ...ask('50 words'), stream: true as const };
      const stream = await kit.client().chat.completions.create(params, kit.scenario('dies'));
      const seen = (await drained(stream)) as { seen: unknown[]; failed: { class: string } };
      return { count: seen.seen.length, failed: seen.failed };
    },
  },
  {
    name: 'a stream that tells of an error',
    async run(kit) {
      const params = { ...ask(), stream: true as const };
      return drained(
        await kit.client().chat.completions.create(params, kit.scenario('error-event')),
      );
    },
  },
  { name: 'a connection that is reset', run: refused('reset') },
  {
    name: 'a server that is not there',
    run: (kit) =>
      failureOf(() =>
        kit.client({ baseURL: 'http://127.0.0.1:9/v1', ...never }).chat.completions.create(ask()),
      ),
  },
  {
    name: 'an answer that takes too long',
    run: refused('hang', { maxRetries: 0, timeout: 500 }),
  },
  {
    name: 'a call that is aborted',
    async run(kit, arrival) {
      const controller = new AbortController();
      void arrival().then(() => controller.abort());
      const options = { signal: controller.signal, ...kit.scenario('hang') };
      return failureOf(() => kit.client().chat.completions.create(ask(), options));
    },
  },
  {
    name: 'a call that was aborted before',
    async run(kit) {
      const options = { signal: AbortSignal.abort() };
      return failureOf(() => kit.client().chat.completions.create(ask(), options));
    },
  },
  {
    name: 'a rejection that nobody handles',
    async run(kit) {
      void kit
        .client()
        .chat.completions.create(ask(), { ...never, ...kit.scenario('status-400') })
        .then(() => {});
      return rejected();
    },
  },
  {
    name: 'a call that nobody awaits',
    async run(kit) {
      void kit.client().chat.completions.create(ask(), { ...never, ...kit.scenario('status-400') });
      return rejected();
    },
  },
  {
    name: 'a rejection that is caught late',
    async run(kit) {
      const promise = kit
        .client()
        .chat.completions.create(ask(), { ...never, ...kit.scenario('status-400') });
      await rejected();
      return failureOf(() => promise);
    },
  },
  {
    name: 'a rejection of withResponse',
    run: (kit) =>
      failureOf(() =>
        kit
          .client()
          .chat.completions.create(ask(), { ...never, ...kit.scenario('status-401') })
          .withResponse(),
      ),
  },
  {
    name: 'a rejection of asResponse',
    run: (kit) =>
      failureOf(() =>
        kit
          .client()
          .chat.completions.create(ask(), { ...never, ...kit.scenario('status-401') })
          .asResponse(),
      ),
  },
  {
    name: 'a fetch that throws',
    run: (kit) =>
      failureOf(() =>
        kit
          .client({
            ...never,
            fetch: () => {
              throw new RangeError('no fetch today');
            },
          })
          .chat.completions.create(ask()),
      ),
  },
  {
    name: 'a failed transcription',
    async run(kit) {
      const file = await kit.module.toFile(new Uint8Array(5), 'said.wav');
      return failureOf(() =>
        kit
          .client()
          .audio.transcriptions.create(
            { model: 'whisper-2', file },
            { ...never, ...kit.scenario('status-400') },
          ),
      );
    },
  },
  {
    name: 'a failed embedding',
    run: (kit) =>
      failureOf(() =>
        kit
          .client()
          .embeddings.create(
            { model: 'text-embedding-4', input: 'x' },
            { ...never, ...kit.scenario('status-400') },
          ),
      ),
  },
];

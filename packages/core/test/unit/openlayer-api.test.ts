import assert from 'node:assert/strict';
import type { HttpRequest } from '../../src/platform/http-client.ts';
import { OpenlayerApi, retryAfterMs } from '../../src/publish/openlayer/openlayer-api.ts';
import { STATS_HEADER } from '../../src/publish/openlayer/stats-header.ts';
import type { SendError } from '../../src/publish/transport/send-error.ts';

const KEY = 'sk-canary';

interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An API whose every call is answered so; what is thrown is thrown by the client. */
function apiThat(
  answer: (request: HttpRequest) => Answer,
  options: Partial<ConstructorParameters<typeof OpenlayerApi>[0]> = {},
) {
  const requests: HttpRequest[] = [];
  const api = new OpenlayerApi(
    {
      baseUrl: 'https://host/v1',
      apiKey: KEY,
      inferencePipelineId: 'p/1',
      timeoutMs: 500,
      ...options,
    },
    {
      async send(request) {
        requests.push(request);
        const { status, body = '', headers = {} } = answer(request);
        return { status, body: new TextEncoder().encode(body), header: (name) => headers[name] };
      },
      close() {},
    },
  );
  return { api, requests };
}

async function errorOf(promise: Promise<unknown>): Promise<SendError | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error as SendError;
  }
}

const post = (answer: Answer | (() => Answer), signal?: AbortSignal) =>
  errorOf(
    apiThat(typeof answer === 'function' ? answer : () => answer).api.call({
      method: 'POST',
      path: 'data-stream',
      signal,
    }),
  );

describe('a call of the API', () => {
  it('goes to the pipeline with the key, and gives the key of the moment', async () => {
    const { api, requests } = apiThat(() => ({ status: 200, body: '{"success":true}' }));
    const body = new Uint8Array(2);
    await api.call({ method: 'POST', path: 'data-stream', body });
    api.useKey('other');
    await api.call({ method: 'PUT', path: 'rows' });
    const [first, second] = requests;
    assert.equal(first?.url.href, 'https://host/v1/inference-pipelines/p%2F1/data-stream');
    assert.deepEqual([first?.method, first?.body, first?.timeoutMs], ['POST', body, 500]);
    assert.equal(first?.headers.Authorization, `Bearer ${KEY}`);
    assert.equal(second?.headers.Authorization, 'Bearer other');
    assert.equal(first?.maxResponseBytes, 65_536);
  });

  it('tells the statistics of the process with the rows that it sends, and with nothing else', async () => {
    const { api, requests } = apiThat(() => ({ status: 200, body: '{"success":true}' }), {
      statsHeader: () => '{"started":3}',
    });
    await api.call({ method: 'POST', path: 'data-stream' });
    await api.call({ method: 'PUT', path: 'rows' });
    assert.deepEqual(
      requests.map(({ headers }) => headers[STATS_HEADER]),
      ['{"started":3}', undefined],
    );
  });

  const OUTCOMES: readonly (readonly [Answer, code: string, isAmbiguous: boolean])[] = [
    [{ status: 200 }, 'bad_response', true],
    [{ status: 200, body: 'null' }, 'bad_response', true],
    [{ status: 200, body: '{"success":"true"}' }, 'bad_response', true],
    [{ status: 299, body: '{"success":false}' }, 'bad_response', true],
    [{ status: 300, body: '{"success":true}' }, 'bad_response', false],
    [{ status: 399 }, 'bad_response', false],
    [{ status: 199, body: '{"success":true}' }, 'refused', false],
    [{ status: 400 }, 'rejected', false],
    [{ status: 401 }, 'unauthorized', false],
    [{ status: 402 }, 'refused', false],
    [{ status: 403 }, 'unauthorized', false],
    [{ status: 404 }, 'not_found', false],
    [{ status: 408 }, 'busy', true],
    [{ status: 409 }, 'busy', false],
    [{ status: 413 }, 'too_large', false],
    [{ status: 422 }, 'rejected', false],
    [{ status: 425 }, 'busy', false],
    [{ status: 429 }, 'busy', false],
    [{ status: 499 }, 'refused', false],
    [{ status: 500 }, 'busy', true],
    [{ status: 501 }, 'busy', false],
    [{ status: 502 }, 'busy', true],
    [{ status: 503 }, 'busy', false],
    [{ status: 504 }, 'busy', true],
  ];
  for (const [answer, code, isAmbiguous] of OUTCOMES) {
    it(`that is answered ${answer.status} ${answer.body ?? ''} fails as ${code}${isAmbiguous ? ', and rows may have arrived' : ''}`, async () => {
      const error = await post(answer);
      assert.deepEqual(
        [error?.code, error?.isAmbiguous, error?.status],
        [code, isAmbiguous, answer.status],
      );
    });
  }
  for (const status of [200, 201, 299]) {
    it(`succeeds with ${status} and {"success":true}`, async () =>
      assert.equal(await post({ status, body: '{"success":true}' }), undefined));
  }

  it('reads Retry-After where the platform is busy', async () => {
    const headers = { 'retry-after': '2' };
    assert.equal((await post({ status: 503, headers }))?.retryAfterMs, 2000);
    assert.equal((await post({ status: 400, headers }))?.retryAfterMs, undefined);
  });

  it('repeats what the server says, on one line, in 300 characters and without the key', async () => {
    const said = async (body: string) =>
      (await post({ status: 400, body }))?.message.replace(/^.* returned status 400/, '');
    assert.equal(await said(`{"error":"no\n${KEY}"}`), ': {"error":"no ***"}');
    assert.equal(await said('<html>'), '');
    assert.equal((await said(`{${'x'.repeat(400)}`))?.length, 302);
  });

  it('repeats what the server says where there is no key', async () => {
    const { api } = apiThat(() => ({ status: 400, body: '{"error":"no"}' }));
    api.useKey('');
    const error = await errorOf(api.call({ method: 'POST', path: 'data-stream' }));
    assert.match(error?.message ?? '', /returned status 400: \{"error":"no"\}$/);
  });

  it('that cannot be made is told apart from one that may have arrived', async () => {
    const failing = (details: object) =>
      post(() => {
        throw Object.assign(new Error('ECONNREFUSED'), details);
      });
    const unsent = await failing({ isUnsent: true });
    assert.deepEqual([unsent?.code, unsent?.isAmbiguous], ['unreachable', false]);
    assert.equal(unsent?.message, 'cannot reach https://host: ECONNREFUSED');
    assert.equal((await failing({}))?.isAmbiguous, true);
  });

  for (const isUnsent of [false, true]) {
    it(`that is given up says so, ${isUnsent ? 'also before it was sent' : 'and that rows may have arrived'}`, async () => {
      const stop = new AbortController();
      const error = await post(() => {
        stop.abort();
        throw Object.assign(new Error('aborted'), isUnsent ? { isUnsent } : {});
      }, stop.signal);
      assert.deepEqual([error?.code, error?.isAmbiguous], ['given_up', !isUnsent]);
    });
  }
});

describe('the question for a row', () => {
  const ask = (answer: Answer) => apiThat(() => answer).api.hasRow('a/b', {});
  const ANSWERS: readonly (readonly [Answer, boolean])[] = [
    [{ status: 200, body: '{"row":{"a":1}}' }, true],
    [{ status: 299, body: '{"row":{}}' }, true],
    [{ status: 200, body: '{"row":null}' }, false],
    [{ status: 200, body: '{"row":"x"}' }, false],
    [{ status: 200, body: '{}' }, false],
    [{ status: 200, body: 'null' }, false],
    [{ status: 501 }, false],
    // The call is not offered, or not to this key: a send decides about the key and the row.
    ...[400, 401, 402, 403, 404, 405, 406, 410, 413, 414, 422, 451].map(
      (status) => [{ status }, false] as const,
    ),
  ];
  for (const [answer, expected] of ANSWERS) {
    it(`is answered by ${answer.status} ${answer.body ?? ''}: ${expected}`, async () =>
      assert.equal(await ask(answer), expected));
  }

  for (const [answer, code] of [
    [{ status: 200, body: '<html>' }, 'bad_response'],
    [{ status: 300, body: '{"row":{}}' }, 'bad_response'],
    [{ status: 301, body: '{"row":{}}' }, 'bad_response'],
    ...[408, 409, 425, 429, 500, 502, 503, 504].map((status) => [{ status }, 'busy'] as const),
  ] as const) {
    it(`is not answered by ${answer.status}`, async () =>
      assert.equal((await errorOf(ask(answer)))?.code, code));
  }

  it('names the row in the path', async () => {
    const { api, requests } = apiThat(() => ({ status: 404 }));
    await api.hasRow('a/b', {});
    assert.match(requests[0]?.url.pathname ?? '', /\/rows\/a%2Fb$/);
    // A row may be as long as one that is sent, any other answer is short.
    assert.equal(requests[0]?.maxResponseBytes, 16_777_216);
  });
});

describe('Retry-After', () => {
  const NOW = Date.parse('2026-01-01T00:00:00Z');
  const CASES: readonly (readonly [string | undefined, number | undefined])[] = [
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['0', 0],
    [' 2 ', 2000],
    ['1.5', 1500],
    ['300', 300_000],
    ['301', 300_000],
    ['Thu, 01 Jan 2026 00:00:03 GMT', 3000],
    ['Thursday, 01-Jan-26 00:00:03 GMT', 3000],
    ['Wed, 31 Dec 2025 23:59:59 GMT', 0],
    ['Thu, 01 Jan 2026 09:00:00 GMT', 300_000],
    ['Thu, 99 Foo 2026', undefined],
    ['2026-01-01T00:00:03Z', undefined],
  ];
  for (const [header, ms] of CASES) {
    it(`is read: ${header} as ${ms}`, () => assert.equal(retryAfterMs(header, NOW), ms));
  }
});

/** The functions of docs/aws-lambda.md, each in a process that ends as soon as its handler has returned. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { printed, stepsOf } from '../contract/harness/stage.ts';
import { startCollector } from '../support/collector.ts';
import { builtPage } from './built-pages.ts';
import { envFor } from './running-page.ts';

const run = promisify(execFile);

const QUESTION = '{"question":"Why?"}';
const HEADERS = {
  host: 'x.test',
  'content-type': 'application/json',
  'content-length': String(QUESTION.length),
  'x-request-id': 'req-1',
};
const EVENT = {
  version: '2.0',
  routeKey: '$default',
  rawPath: '/ask/loans',
  rawQueryString: '',
  headers: HEADERS,
  requestContext: {
    http: {
      method: 'POST',
      path: '/ask/loans',
      protocol: 'HTTP/1.1',
      sourceIp: '1.2.3.4',
      userAgent: 'test',
    },
    domainName: 'x.test',
    stage: '$default',
    requestId: 'gateway-1',
  },
  isBase64Encoded: false,
  body: QUESTION,
};

describe('the recipe for AWS Lambda', () => {
  let folder: string;
  before(async () => {
    folder = await builtPage('docs/aws-lambda.md');
  });

  for (const name of ['express', 'serverless-express', 'koa', 'hono']) {
    it(`has delivered the trace when the handler returns: ${name}`, async () => {
      await using collector = await startCollector();
      const script = `
        import { handler } from ${JSON.stringify(pathToFileURL(join(folder, `src/${name}.js`)).href)};
        const { statusCode, body } = await handler(${JSON.stringify(EVENT)}, {});
        console.log(statusCode, body);
        process.exit();`;
      const { stdout, stderr } = await run(
        process.execPath,
        ['--input-type=module', '--eval', script],
        { env: { ...process.env, ...envFor(collector) } },
      );
      assert.equal(stderr, '');
      assert.equal(stdout, '200 {"answer":"You asked: Why?"}\n');
      const [row, ...others] = collector.server.rows();
      assert.ok(row !== undefined && others.length === 0);
      const answer = name === 'koa' ? '{"answer":"You asked: Why?"}' : '"You asked: Why?"';
      assert.equal(
        stepsOf(row),
        printed(`
req-1  completed  200
└─ POST /ask/:topic [user_call]  → {"answer":"You asked: Why?"}
   └─ answer [user_call]  → ${answer}
`),
      );
      assert.deepEqual(row.body, { question: 'Why?' });
    });
  }
});

/** A trace as text for use outside of the page: a curl command and a test. */

import type { StepContent, TraceDetail } from '../../../local/src/page-api.js';
import { isRecord, type Json } from '../json.js';

/** Steps that a generated test expects at most. */
const MAX_OUTLINE = 200;

/** The HTTP request as a command for a shell. A comment says what the tracer did not keep. */
export function curlOf(detail: TraceDetail, root: StepContent): string {
  const { method, path, body } = requestOf(detail, root);
  const lines = [
    `curl -i -X ${method} "\${APP_URL:-http://localhost:3000}"${quoted(path)}`,
    ...(body === undefined
      ? []
      : [
          `  -H ${quoted(`content-type: ${typeof body === 'string' ? 'text/plain' : 'application/json'}`)}`,
          `  --data-raw ${quoted(typeof body === 'string' ? body : JSON.stringify(body))}`,
        ]),
  ];
  return [...remarks(detail).map((remark) => `# ${remark}`), lines.join(' \\\n')].join('\n');
}

/** A test for `node --test` that sends the request again and compares status and steps. */
export function testOf(detail: TraceDetail, root: StepContent): string {
  const { trace } = detail;
  const { method, path, body } = requestOf(detail, root);
  const outline = detail.steps
    .slice(0, MAX_OUTLINE)
    .map(({ name, depth }) => `      ${JSON.stringify(`${'  '.repeat(depth)}${name}`)},`);
  const isCut = detail.totalSteps > outline.length;
  const init = [
    `method: ${JSON.stringify(method)},`,
    ...(body === undefined
      ? []
      : typeof body === 'string'
        ? [`body: ${JSON.stringify(body)},`]
        : [
            `headers: { 'content-type': 'application/json' },`,
            `body: JSON.stringify(${JSON.stringify(body)}),`,
          ]),
  ];
  const isRequest = trace.method !== null;
  const start = isRequest
    ? [
        '  const server = app.listen(0);',
        '  try {',
        `    if (!server.listening) await once(server, 'listening');`,
        `    const response = await fetch(\`http://127.0.0.1:\${server.address().port}\${${JSON.stringify(path)}}\`, {`,
        ...init.map((line) => `      ${line}`),
        '    });',
        '    await response.arrayBuffer();',
        ...(trace.status === null ? [] : [`    assert.equal(response.status, ${trace.status});`]),
      ]
    : ['  try {', '    await run();'];
  return [
    ...remarks(detail).map((remark) => `// ${remark}`),
    `import assert from 'node:assert/strict';`,
    ...(isRequest ? [`import { once } from 'node:events';`] : []),
    `import { test } from 'node:test';`,
    `import { captureTraces } from '@openlayer-tracing/core/testing';`,
    isRequest
      ? `import { app } from './app.js'; // your Express or Koa app`
      : `import { run } from './app.js'; // your function that makes this trace`,
    '',
    `test(${JSON.stringify(trace.name)}, async () => {`,
    '  const traces = captureTraces();',
    ...start,
    '    const [row] = await traces.rows();',
    `    assert.deepEqual(outline(row.steps[0])${isCut ? `.slice(0, ${outline.length})` : ''}, [`,
    ...outline,
    '    ]);',
    '  } finally {',
    ...(isRequest ? ['    server.close();'] : []),
    '    traces.restore();',
    '  }',
    '});',
    '',
    `function outline(step, indent = '') {`,
    `  return [indent + step.name, ...step.steps.flatMap((child) => outline(child, indent + '  '))];`,
    '}',
    '',
  ].join('\n');
}

interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

function requestOf({ trace, metadata }: TraceDetail, root: StepContent): HttpRequest {
  const http = [
    record(record(metadata.metadata).http),
    record(metadata.http),
    record(record(root.metadata).http),
  ].find((each) => Object.keys(each).length > 0);
  const inputs = record(root.inputs);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(record(inputs.query))) {
    for (const each of Array.isArray(value) ? value : [value]) query.append(name, String(each));
  }
  const path = typeof http?.path === 'string' ? http.path : (trace.route ?? '/');
  const asked = query.size > 0 && !path.includes('?') ? `${path}?${query}` : path;
  const method = (trace.method ?? 'POST').toUpperCase();
  return {
    method: /^[A-Z]+$/.test(method) ? method : 'POST',
    path: asked.startsWith('/') ? asked : `/${asked}`,
    body: inputs.body ?? undefined,
  };
}

function remarks({ trace }: TraceDetail): readonly string[] {
  return [
    ...(trace.marks.includes('masked')
      ? ['Values were masked before they were recorded: put your own in.']
      : []),
    ...(trace.marks.includes('truncated')
      ? ['A text was cut when it was recorded: the body may not be whole.']
      : []),
  ];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function record(value: unknown): Json {
  return isRecord(value) ? value : {};
}

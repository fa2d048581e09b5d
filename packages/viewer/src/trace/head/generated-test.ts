import type { StepContent, TraceDetail } from '../../../../local/src/page-api.js';
import { remarksOn, requestOf } from '../../reading/http-request.js';

/** Steps that a generated test expects at most. */
const MAX_OUTLINE = 200;

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
    ...remarksOn(detail).map((remark) => `// ${remark}`),
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

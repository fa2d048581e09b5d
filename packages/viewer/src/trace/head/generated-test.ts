import type { StepContent, TraceDetail } from '../../../../local/src/page-api.js';
import { type HttpBody, requestOf } from '../../reading/http-request.js';

/** Steps that a generated test expects at most. */
const MAX_OUTLINE = 200;

/** Levels of a literal. */
const MAX_DEPTH = 200;

/** A test for `node --test` that sends the request again and compares status and steps. */
export function testOf(detail: TraceDetail, root: StepContent): string {
  const { trace } = detail;
  const { method, path, body, remarks } = requestOf(detail, root);
  const outline = detail.steps
    .slice(0, MAX_OUTLINE)
    .map(({ name, depth }) => `      ${JSON.stringify(`${'  '.repeat(depth)}${name}`)},`);
  const isCut = detail.totalSteps > outline.length;
  const init = [
    `method: ${JSON.stringify(method)},`,
    ...(body === undefined
      ? []
      : [
          `headers: { 'content-type': ${JSON.stringify(body.contentType)} },`,
          `body: ${bodyCode(body)},`,
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
    ...remarks.map((remark) => `// ${remark}`),
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

/** A body as people write it: JSON as a literal, unless that would mean another value, or is too deep for a parser. */
function bodyCode({ isJson, text }: HttpBody): string {
  const isLiteral = isJson && !text.includes('"__proto__"') && !isDeep(text);
  return isLiteral ? `JSON.stringify(${text})` : JSON.stringify(text);
}

function isDeep(json: string): boolean {
  let depth = 0;
  for (const sign of json.matchAll(/[[{]|[\]}]/g)) {
    depth += sign[0] === '[' || sign[0] === '{' ? 1 : -1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/** JSON texts that the page reads and writes by itself. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { firstExpanded, JsonIds, JsonRows } from '../src/content/json-rows.ts';
import { jsonText, parseJson, textOf } from '../src/json.ts';
import { readConversation } from '../src/reading/conversation/conversation.ts';
import { readTraceFile } from '../src/reading/trace-file.ts';

const LONG = '1234567890123456789';

describe('JSON that the page reads', () => {
  it('is written as it was, whatever its integers', () => {
    for (const text of [
      `{"id":${LONG},"ids":[-${LONG},9007199254740993,1],"n":9007199254740991,"e":1.5e+300}`,
      `[${LONG}]`,
      LONG,
      `{"text":"[${LONG}, ${LONG}]","quote":"\\\\\\"","${LONG}":{"a":[[${LONG}]]}}`,
      `{"__proto__":${LONG},"#":"#${LONG}","##":"##"}`,
      '{"a":12345678901234567000,"b":0.1234567890123456}',
    ]) {
      assert.equal(jsonText(parseJson(text), 0), text);
      assert.equal(jsonText(parseJson(`\n ${text} `), 0), text);
    }
  });

  it('is formatted as other JSON is', () => {
    const shape = (id: string) => `{"a":[],"b":{},"c":[{"id":${id}},null,"x"]}`;
    const expected = JSON.stringify(JSON.parse(shape('7')), null, 2).replace('7', LONG);
    assert.equal(textOf(parseJson(shape(LONG))), expected);
  });

  it('may be of any depth', () => {
    const text = `${'['.repeat(20_000)}${LONG}${']'.repeat(20_000)}`;
    assert.equal(jsonText(parseJson(text), 0), text);
  });

  it('may have strings of megabytes', () => {
    const text = `{"a":${JSON.stringify('x\\"y\n'.repeat(1_000_000))},"b":${LONG}}`;
    assert.ok(jsonText(parseJson(text), 0) === text);
  });

  it('is refused where JSON.parse refuses it', () => {
    for (const text of [
      '',
      '{',
      '["1234567890123456',
      `{"a":${LONG}`,
      `0${LONG}`,
      `-`,
      `[${LONG}.]`,
      `${LONG} 1`,
    ]) {
      assert.throws(() => parseJson(text), SyntaxError, text);
    }
  });

  it('is read by parseJson alone, but for what the page or its server has written', () => {
    const root = new URL('../src/', import.meta.url);
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
    const others = files.filter(
      (file) =>
        /\.tsx?$/.test(file) && readFileSync(new URL(file, root), 'utf8').includes('JSON.parse('),
    );
    assert.deepEqual(others.map((file) => file.replaceAll('\\', '/')).sort(), [
      'frame/typed-list.ts',
      'json.ts',
      'server/live-stream.ts',
      'state/settings.ts',
    ]);
  });

  it('has all digits in calls of tools, in trees and in files', () => {
    const args = `{"user_id": ${LONG}}`;
    const conversation = readConversation({
      inputs: {
        messages: [
          {
            role: 'assistant',
            tool_calls: [{ id: 'c', function: { name: 'ban', arguments: args } }],
          },
          { role: 'tool', tool_call_id: 'c', content: args },
        ],
      },
      output: 'x',
    } as unknown as Parameters<typeof readConversation>[0]);
    assert.equal(jsonText(conversation, 0).split(`"user_id":${LONG}`).length, 3);
    const ids = new JsonIds();
    const value = { args };
    const rows = new JsonRows(
      value,
      new Set([...firstExpanded(value, ids), ids.of(0, 'args')]),
      ids,
    );
    assert.deepEqual([rows.count, rows.rowAt(2).name], [3, 'user_id']);
    assert.equal(rows.rowAt(2).value, BigInt(LONG));
    const row = `{"steps":[],"id":${LONG}}`;
    assert.equal(jsonText(readTraceFile(row).rows, 0), `[${row}]`);
  });
});

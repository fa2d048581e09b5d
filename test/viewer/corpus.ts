/** Traces that broke other viewers, and texts that attack one. */

import { type Json, type Request, rowOf, type Step } from './rows.ts';

/** Would show a dialog, or load from outside, if any of it became HTML, a link or a style. */
export const ATTACKS: readonly string[] = [
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '</script><script>alert(1)</script>',
  '"><svg onload=alert(1)>',
  "javascript:alert(1)//'",
  '{{constructor.constructor("alert(1)")()}}',
  '![beacon](http://attacker.example/pixel.png)',
  '[click](javascript:alert(1)) <http://attacker.example/>',
  '<link rel=stylesheet href=http://attacker.example/x.css><style>@import "http://attacker.example/y.css"</style>',
  '<iframe src="http://attacker.example/"></iframe><base href="http://attacker.example/">',
  'data:text/html,<script>alert(1)</script>',
  '\u202egnp.exe\u202c \u200b\u200d\ufeff\u0000\u001b[2J',
  '&lt;b&gt; &amp;amp; \\u003cscript\\u003e \\\\u00e9',
  '\ud83d lone and \udc00',
  '__proto__',
  'é e\u0301 日本語 עברית العربية',
];

/** A row that has an attack at every place that takes a text. */
export function hostileRow(attack: string, place: number): Json {
  return rowOf({
    name: `POST /${attack}`,
    id: `hostile-${place}-${attack.replace(/[^\x20-\x7e]/g, '')}`,
    user: attack,
    session: attack,
    body: { question: attack, [attack]: attack },
    output: { answer: attack, [attack]: [attack] },
    metadata: {
      [attack]: attack,
      error: attack,
      errorType: attack,
      stack: `${attack}\n    at ${attack} (/srv/app.ts:1:2)`,
    },
    steps: [
      {
        name: attack,
        type: 'chat_completion',
        inputs: {
          prompt: [
            { role: attack, name: attack, content: attack },
            {
              role: 'user',
              content: [
                { type: 'image_url', image_url: { url: 'http://attacker.example/a.png' } },
                {
                  type: 'image_url',
                  image_url: { url: 'data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+' },
                },
                { type: 'text', text: attack },
              ],
            },
            {
              role: 'assistant',
              content: null,
              tool_calls: [
                { id: attack, type: 'function', function: { name: attack, arguments: attack } },
              ],
            },
            { role: 'tool', tool_call_id: attack, content: attack },
          ],
        },
        output: attack,
        more: { provider: attack, model: attack, modelParameters: { [attack]: attack } },
        metadata: { [attack]: attack },
      },
      {
        name: `retrieve ${attack}`,
        type: 'retriever',
        inputs: { query: attack },
        output: null,
        more: {
          documents: [
            {
              id: attack,
              title: attack,
              text: attack,
              score: 0.5,
              url: 'http://attacker.example/',
            },
          ],
        },
      },
    ],
  });
}

/** Steps in three levels. */
export function wideRow(count: number, more: Partial<Request> = {}): Json {
  const steps: Step[] = [];
  for (let made = 1; made < count; made += 200) {
    const inner = Array.from(
      { length: Math.min(199, count - made - 1) },
      (_, place): Step => ({
        name: place % 4 === 0 ? 'call model' : `tool ${place % 3}`,
        type: place % 4 === 0 ? 'function_call' : 'tool',
        at: (made + place) % 900,
        ms: 5,
      }),
    );
    steps.push({ name: `turn ${made}`, type: 'agent', at: made % 900, ms: 90, steps: inner });
  }
  return rowOf({ name: 'POST /wide', ms: 1000, body: { question: 'How many?' }, ...more, steps });
}

/** A chain of steps, each below the one before. */
export function deepRow(depth: number): Json {
  let step: Step = { name: 'bottom', at: 0, ms: 1 };
  for (let level = 1; level < depth; level++)
    step = { name: `level ${depth - level}`, ms: 1, steps: [step] };
  return rowOf({ name: 'POST /deep', ms: 10, body: { question: 'How deep?' }, steps: [step] });
}

/** The other traces that broke a viewer, by what is odd about them. */
export function oddRows(): Readonly<Record<string, Json>> {
  const picture = `data:image/png;base64,${'iVBORw0KGgo'.repeat(95_000)}`;
  let nested: unknown = 'bottom';
  for (let level = 0; level < 130; level++) nested = { next: nested };
  const flat = (name: string, steps: readonly Json[]): Json => {
    const row = rowOf({ name, ms: 100, body: { question: name } });
    const [root] = row.steps as readonly Json[];
    return { ...row, steps: [root, ...steps] };
  };
  const step = (id: string, parentId: string): Json => ({
    ...{
      id,
      parentId,
      name: `step ${id}`,
      type: 'chain',
      inputs: null,
      output: null,
      groundTruth: null,
    },
    ...{ metadata: {}, steps: [], latency: 5, startTime: Date.now(), endTime: Date.now() + 5 },
  });
  return {
    pictures: rowOf({
      name: 'POST /pictures',
      body: { question: 'What is on them?' },
      steps: [1, 2, 3].map((place) => ({
        name: `look ${place}`,
        type: 'chat_completion',
        inputs: {
          prompt: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: picture } }] }],
        },
        output: nested,
      })),
    }),
    cycle: flat('POST /cycle', [step('a', 'b'), step('b', 'a'), step('c', 'c')]),
    orphan: flat('POST /orphan', [step('child', 'never came')]),
    skew: rowOf({
      name: 'POST /skew',
      ms: 1000,
      body: { question: 'What time is it?' },
      steps: [
        { name: 'early', at: -5000, ms: 100 },
        { name: 'late', at: 900, ms: 5000 },
        {
          name: 'backwards',
          more: { startTime: Date.now() + 4000, endTime: Date.now(), latency: 3 },
        },
      ],
    }),
    unfinished: rowOf({
      name: 'POST /unfinished',
      ms: 50,
      outcome: 'interrupted',
      status: null,
      steps: [
        {
          name: 'still running',
          type: 'tool',
          metadata: { unfinished: true },
          more: { latency: null, endTime: null },
        },
      ],
    }),
    siblings: rowOf({
      name: 'POST /siblings',
      ms: 1000,
      body: { question: 'How many are alike?' },
      steps: Array.from({ length: 10_000 }, (_, place) => ({
        name: 'op3',
        type: 'tool',
        at: place / 11,
        ms: 1 + (place % 9),
      })),
    }),
    megabyte: rowOf({
      name: `POST /${'long-name-'.repeat(30)}`,
      body: { question: 'x'.repeat(1_000_000) },
      output: { answer: `${'word '.repeat(100)}\n`.repeat(500) },
    }),
  };
}

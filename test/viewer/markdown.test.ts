/** Formatted texts, in a real browser: also those that the parser or the renderer cannot take. */

import assert from 'node:assert/strict';
import { rowOf } from './rows.ts';
import { until, useViewer } from './support.ts';

const indented = (levels: number) =>
  Array.from({ length: levels }, (_, level) => `${'  '.repeat(level)}- item`).join('\n');

describe('a formatted text', function () {
  this.timeout(120_000);
  const viewer = useViewer();

  for (const [title, text, isFormatted] of [
    ['of a few levels', indented(10), true],
    ['of nested items', `${'- '.repeat(1300)}x`, false],
    ['of nested quotes', `${'> '.repeat(4000)}x`, false],
    ['of items that are indented too far', indented(150), false],
    ['of nested emphasis', `${'*a **b '.repeat(300)}x${'** *'.repeat(300)}`, false],
  ] as const) {
    it(`${title} is shown${isFormatted ? '' : ' as it is'}, and the page stays`, async () => {
      const number = await viewer().send(
        rowOf({
          ...{ name: 'POST /text', id: title, body: { question: 'Which?' } },
          output: `It begins.\n\n${text}`,
        }),
      );
      const { page, complaints } = await viewer().open(
        `/traces/${number}?view=output&mode=markdown`,
      );
      const panel = page.getByRole('tabpanel');
      await panel.getByText('It begins.').waitFor();
      const formatted = panel.locator('li, blockquote, em');
      if (isFormatted) await formatted.first().waitFor();
      // Until the parser is loaded, each text is shown as it is.
      else await page.waitForTimeout(1000);
      assert.equal(await formatted.count(), isFormatted ? 10 : 0);
      await page.getByRole('treegrid', { name: 'Steps' }).waitFor();
      assert.deepEqual(complaints, []);
    });
  }

  it('is formatted in turns with many others, and a long conversation is shown in parts', async () => {
    const block = '## Title\n\nSome **bold** text with `code`.\n\n- one item\n- another item\n\n';
    const messages = Array.from({ length: 280 }, (_, place) => ({
      role: place % 2 === 0 ? 'user' : 'assistant',
      content: `message ${place}\n\n${block.repeat(8)}`,
    }));
    const number = await viewer().send(
      rowOf({
        name: 'POST /many',
        steps: [
          { ...{ name: 'ask', type: 'chat_completion', inputs: { messages }, output: 'Done.' } },
        ],
      }),
    );
    const { page } = await viewer().open(`/traces/${number}?step=1&mode=markdown`);
    const panel = page.getByRole('tabpanel');
    await panel.locator('h2').first().waitFor();
    const shown = () => panel.locator('article').count();
    const before = await shown();
    await panel.getByRole('button', { name: 'Show 100 of 231 more messages' }).click();
    await until(async () => (await shown()) === before + 100, '100 more messages');
    await panel.getByRole('button', { name: 'Show 100 of 131 more messages' }).click();
    await panel.getByRole('button', { name: 'Show 31 more messages' }).click();
    await until(async () => (await shown()) === 281, 'all messages');
    const isFormatted = async () => (await panel.locator('h2').count()) === 280 * 8;
    await until(isFormatted, 'all texts formatted');
  });
});

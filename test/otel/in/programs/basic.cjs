/** The basics: spans of the app's own, and spans of model calls. */

const CHAT = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-5-mini',
};

exports.steps = {
  async run({ serve, ask, otel, pause }) {
    const { url, server } = await serve((app) => {
      app.post('/chat', async (req, res) => {
        await otel.startActiveSpan('prepare', async (span) => {
          span.setAttribute('customer', 'ada');
          await pause(5);
          await req.trace.step('inside', async () => {
            await otel.startActiveSpan(
              'chat gpt-5-mini',
              { kind: 2, attributes: CHAT },
              async (call) => {
                await pause(5);
                call.setAttributes({
                  'gen_ai.usage.input_tokens': 12,
                  'gen_ai.usage.output_tokens': 3,
                  'gen_ai.output.messages': JSON.stringify([
                    { role: 'assistant', parts: [{ type: 'text', content: 'hello' }] },
                  ]),
                });
                call.end();
              },
            );
          });
          span.end();
        });
        res.json({ ok: true });
      });
    });
    const answer = await ask(`${url}/chat`, { method: 'POST', body: { question: 'hi' } });
    server.close();
    return answer;
  },
};

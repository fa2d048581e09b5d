/** Calls of clients, the same for every instrumentation of them. */

const TOOLS = [
  {
    type: 'function',
    function: {
      name: 'weather',
      description: 'The weather in a city',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
    },
  },
];

const PICTURE = 'data:image/png;base64,iVBORw0KGgo=';

exports.callOpenAI = async function callOpenAI(openai, { failing }) {
  await openai.chat.completions.create({
    model: 'gpt-5-mini',
    temperature: 0.2,
    max_completion_tokens: 100,
    user: 'ada',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'What is a span?' },
    ],
  });
  const asked = [{ role: 'user', content: 'What is the weather in Oslo and in Roma?' }];
  const called = await openai.chat.completions.create({
    model: 'gpt-5-mini',
    messages: asked,
    tools: TOOLS,
  });
  const [{ message }] = called.choices;
  await openai.chat.completions.create({
    model: 'gpt-5-mini',
    messages: [
      ...asked,
      message,
      ...message.tool_calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: '12 °C' })),
    ],
    tools: TOOLS,
  });
  const stream = await openai.chat.completions.create({
    model: 'gpt-5-mini',
    stream: true,
    stream_options: { include_usage: true },
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: PICTURE } },
        ],
      },
    ],
  });
  for await (const _chunk of stream);
  await openai.embeddings.create({ model: 'text-embedding-4', input: ['one', 'two'] });
  await openai.responses.create({
    model: 'gpt-5-mini',
    input: 'What is a trace?',
    instructions: 'Be brief.',
  });
  await failing(() =>
    openai.chat.completions.create(
      { model: 'gpt-5-mini', messages: asked },
      { headers: { 'x-scenario': 'status-400' }, maxRetries: 0 },
    ),
  );
};

exports.callAnthropic = async function callAnthropic(anthropic, { failing }) {
  const request = {
    model: 'claude-opus-5',
    max_tokens: 100,
    temperature: 0.2,
    system: 'Be brief.',
    messages: [{ role: 'user', content: 'What is a span?' }],
  };
  await anthropic.messages.create(request);
  const tools = [
    {
      name: 'weather',
      description: 'The weather in a city',
      input_schema: { type: 'object', properties: { city: { type: 'string' } } },
    },
  ];
  const called = await anthropic.messages.create({ ...request, tools });
  await anthropic.messages.create({
    ...request,
    tools,
    messages: [
      ...request.messages,
      { role: 'assistant', content: called.content },
      {
        role: 'user',
        content: called.content
          .filter(({ type }) => type === 'tool_use')
          .map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: '12 °C' })),
      },
    ],
  });
  const stream = await anthropic.messages.create({ ...request, stream: true });
  for await (const _event of stream);
  await failing(() =>
    anthropic.messages.create(request, { headers: { 'x-scenario': 'status-400' }, maxRetries: 0 }),
  );
};

import type OpenAI from 'openai';

const LIGHTHOUSE = [
  'The lighthouse of Halden Point is open from April to October, every day but Monday, from ten to five.',
  'The climb is 187 steps. Children under six may only go up with an adult.',
  'A ticket costs 8 dollars. Members of the historical society go up for free.',
  'The lamp was lit in 1871 with whale oil, and has been electric since 1934.',
  'Dogs may come into the garden and the tea room, but not into the tower.',
];

/** The messages for the model: passages about a lighthouse, and the question. */
export function toMessages(question: string): OpenAI.ChatCompletionMessageParam[] {
  const passages = LIGHTHOUSE.map((text) => `<passage>${text}</passage>`).join('\n');
  return [
    {
      role: 'system',
      content: `You are the guide of a lighthouse. Answer from these passages alone.\n${passages}`,
    },
    { role: 'user', content: question },
  ];
}

import { tool } from '@langchain/core/tools';
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import type { ChatOpenAI } from '@langchain/openai';

const RULES: readonly string[] = [
  'The workshop is open from nine to six.',
  'Goggles must be worn at the saw.',
  'The kiln is fired on Fridays.',
  'Children need an adult beside them.',
];

/** The house rules that share a word with the question. */
const lookUp = tool(
  async (question: string) => {
    const words = question.toLowerCase().match(/\w{4,}/g) ?? [];
    return RULES.filter((rule) => words.some((word) => rule.toLowerCase().includes(word)));
  },
  { name: 'look_up', description: 'Finds rules of the house' },
);

const State = Annotation.Root({
  question: Annotation<string>,
  rules: Annotation<readonly string[]>,
  answer: Annotation<string>,
});

/** Looks up rules and asks the model to answer from them. If there are none, it responds without the model. */
export function createAgent(model: ChatOpenAI) {
  return new StateGraph(State)
    .addNode('research', async ({ question }) => ({ rules: await lookUp.invoke(question) }))
    .addNode('respond', async ({ question, rules }) => {
      const { text } = await model.invoke([
        { role: 'system', content: 'Answer from the passages that you are given.' },
        { role: 'user', content: `Passages:\n${rules.join('\n')}\n\nQuestion: ${question}` },
      ]);
      return { answer: text };
    })
    .addNode('give_up', () => ({ answer: 'The rules of the house say nothing of that.' }))
    .addEdge(START, 'research')
    .addConditionalEdges('research', ({ rules }) => (rules.length > 0 ? 'respond' : 'give_up'))
    .addEdge('respond', END)
    .addEdge('give_up', END)
    .compile({ name: 'house_rules' });
}

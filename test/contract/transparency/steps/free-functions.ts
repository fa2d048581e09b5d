/** The free functions, in the scope of a request and outside it. */

import { setTimeout as pause } from 'node:timers/promises';
import { get } from '../../../support/raw-http.ts';
import type { StepsCase } from './case.ts';

export const freeFunctions: readonly StepsCase[] = [
  {
    name: 'free functions deep inside',
    clients: [get()],
    status: 200,
    faults: true,
    handle: async ({ tools, note }) => {
      const { step, startStep, addStep, updateCurrentStep, updateCurrentTrace } = tools;
      const found = await step(
        { name: 'outer', type: 'tool', functionName: 'f' },
        async (outer) => {
          await pause(1);
          updateCurrentStep({ metadata: { deep: true } });
          updateCurrentTrace({ userId: 'u', metadata: { trace: true } });
          addStep({ name: 'measured', latency: 3, output: { a: 1 } });
          outer.update({ output: 'set' });
          const manual = startStep('manual');
          manual.end();
          return step('inner', () => 'value');
        },
      );
      note(`${typeof tools.currentStep} ${typeof tools.currentTrace}`);
      tools.currentStep()?.update({ metadata: { current: true } });
      tools.currentTrace()?.update({ tags: ['current'] });
      return found;
    },
  },
  {
    name: 'free functions outside any trace',
    clients: [get()],
    status: 200,
    faults: true,
    handle: ({ tools, outside, note }) =>
      outside(() => {
        tools.updateCurrentStep({ metadata: { lost: true } });
        tools.updateCurrentTrace({ userId: 'lost' });
        tools.addStep({ name: 'lost' });
        const lost = tools.startStep('lost');
        lost.update({ output: 1 });
        note(
          String(lost.run(() => lost.step('below', (below) => below.startStep('x').run(() => 1)))),
        );
        lost.addStep({ name: 'x' });
        lost.end();
        lost[Symbol.dispose]();
        note(`${String(tools.currentStep())} ${String(tools.currentTrace())}`);
        return tools.step('lost', () => 'ran all the same');
      }),
  },
  {
    name: 'calls after the trace was published',
    clients: [get()],
    status: 200,
    lingersMs: 40,
    faults: true,
    handle: ({ trace, tools, note }) => {
      setTimeout(() => {
        trace.update({ userId: 'late' });
        trace.updateStep({ output: 'late' });
        trace.addStep({ name: 'late' });
        tools.updateCurrentTrace({ userId: 'late' });
        const late = trace.startStep('late');
        late.update({ output: 1 });
        late.end();
        trace.waitUntil(Promise.resolve());
        note(trace.step('late', () => 'ran late'));
        note(tools.step('late', () => 'ran late too'));
        note(trace.run(() => trace.bind(() => 'bound late')()));
      }, 10);
      return 'in time';
    },
  },
];

/** Describes providers that work in jobs: one request creates a job, further ones poll it until it ends. */

import { type JsonObject, stringOrUndefined } from '../../common/json.js';
import type { Description, ModelResponse, Shape } from '../reading/shape.js';

/** The purpose of a request of a job: to create it, to get its state, its result or its stream, or to stop it. */
export type JobPurpose = 'create' | 'state' | 'result' | 'stream' | 'stop';

/** Recognises the requests of a kind of job, and reads their responses. */
export interface JobShape extends Omit<Shape<'chat_completion'>, 'reader'> {
  /**
   * The name of a further request, as `JobReader.purposes` has it.
   * @returns undefined for a URL that cannot belong to a job
   */
  requestNameOf(url: URL): string | undefined;
  reader(url: URL): JobReader;
}

/** Reads the responses of one job. */
export interface JobReader {
  /**
   * Reads a response that is no stream.
   * @param body the value of a JSON body, any other body as a string
   */
  readResponse(
    purpose: JobPurpose,
    body: unknown,
    headerOf: (name: string) => string | undefined,
  ): void;
  /**
   * Reads an event of a stream.
   * @returns whether it contained a part of the model's answer
   */
  readEvent(purpose: JobPurpose, name: string, data: string): boolean;
  /** The purposes of further requests, by their names. Empty if the provider sends the result to a webhook. */
  readonly purposes: Readonly<Record<string, JobPurpose>>;
  readonly isComplete: boolean;
  /** The error that the provider states; undefined if there is none. */
  readonly failure: unknown;
  /** How much has been received, in any unit that increases with it; 0 if nothing. */
  readonly amount: number;
  response(): ModelResponse;
}

/** Divides the input of any model: numbers and booleans are parameters, all other fields may be content. */
export function describeInput(input: JsonObject): Pick<Description, 'inputs' | 'modelParameters'> {
  const { prompt, system_prompt, ...others } = input;
  const systemMessages =
    typeof system_prompt === 'string' ? [{ role: 'system', content: system_prompt }] : [];
  const userMessages =
    stringOrUndefined(prompt) === undefined ? [] : [{ role: 'user', content: prompt }];
  const inputs: Record<string, unknown> =
    userMessages.length > 0 ? { prompt: [...systemMessages, ...userMessages] } : {};
  const modelParameters: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(userMessages.length > 0 ? others : input)) {
    const isParameter = typeof value === 'number' || typeof value === 'boolean';
    (isParameter ? modelParameters : inputs)[key] = value;
  }
  return { inputs, modelParameters };
}

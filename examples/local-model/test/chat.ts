/** Requests for the tests of this folder. */

import { LOCAL_MODEL } from 'example-local-model';
import OpenAI from 'openai';

export const LIBRARY = `Use these passages only.
<passage title="Loans">
Books go out for three weeks. Films go out for one week. Dr. Mora began the rule in 1974.
</passage>
<passage title="Opening hours">
The library opens at nine on weekdays. On Sundays it stays closed.
</passage>`;

export function clientOf(model: { readonly url: string }): OpenAI {
  return new OpenAI({ baseURL: model.url, apiKey: 'any', maxRetries: 0 });
}

/** A chat request with the passages of a library. */
export function asking(question: string, system = LIBRARY) {
  return {
    model: LOCAL_MODEL,
    messages: [
      { role: 'system' as const, content: system },
      { role: 'user' as const, content: question },
    ],
  };
}

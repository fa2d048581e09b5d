/** Serves the model until Ctrl-C: `PORT=8080 npm start -w example-local-model`. */

import { LOCAL_MODEL } from './models.js';
import { startLocalModel } from './server.js';

const model = await startLocalModel({ port: Number(process.env.PORT ?? 8080), tokenDelayMs: 10 });

console.log(`The OpenAI chat API is at ${model.url} (model ${LOCAL_MODEL}, any key). Try:

  curl ${model.url}/chat/completions -H 'authorization: Bearer any' -H 'content-type: application/json' -d '{
    "model": "${LOCAL_MODEL}",
    "messages": [
      { "role": "system", "content": "<passage>The library opens at nine on weekdays.</passage>" },
      { "role": "user", "content": "When does the library open?" }
    ]
  }'
`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => model.close());

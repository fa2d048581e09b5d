









// src/app.ts
import { feedback, openlayerTracing } from '@openlayer-tracing/express';
import express from 'express';

const app = express();
app.use(openlayerTracing({ skip: (req) => ['/feedback', '/health'].includes(req.path) }));
app.use((_req, res, next) => {
  res.set('Access-Control-Allow-Origin', 'https://app.example.com');
  res.set('Access-Control-Expose-Headers', 'X-Request-Id');
  res.set('Access-Control-Allow-Headers', 'Content-Type');
  next();
});
app.options('/{*any}', (_req, res) => void res.sendStatus(204));
app.use(express.json());

app.get('/health', (_req, res) => void res.send('ok'));

app.post('/ask', (req, res) => {
  res.json({ answer: `You asked: ${req.body.question}` });
});

app.post('/feedback', async (req, res) => {
  const { inferenceId, isHelpful, comment } = req.body ?? {};
  if (typeof inferenceId !== 'string' || typeof isHelpful !== 'boolean') {
    res.status(400).json({ error: { message: 'send { "inferenceId": "...", "isHelpful": true }' } });
    return;
  }
  const result = await feedback(
    inferenceId,
    {
      humanFeedback: isHelpful ? 'thumbs_up' : 'thumbs_down',
      ...(typeof comment === 'string' && { comment: comment.slice(0, 2000) }),
    },
    { deadlineMs: 3000 },
  );
  if (result.ok) res.status(204).end();
  else res.status(502).json(result);
});

app.listen(process.env.PORT ?? 3000);

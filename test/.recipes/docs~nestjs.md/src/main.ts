









// src/main.ts
import { openlayerTracing, shutdown } from '@openlayer-tracing/express';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  app.use(openlayerTracing());
  await app.listen(process.env.PORT ?? 3000);
  process.once('SIGTERM', () => void app.close().then(() => shutdown()));
}

void bootstrap();

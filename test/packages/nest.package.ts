/** A Nest app, with the test setup that `nest new` writes. */

import assert from 'node:assert/strict';
import { createApp } from './apps.ts';

const FILES = {
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      module: 'commonjs',
      declaration: true,
      removeComments: true,
      emitDecoratorMetadata: true,
      experimentalDecorators: true,
      allowSyntheticDefaultImports: true,
      esModuleInterop: true,
      target: 'ES2023',
      outDir: './dist',
      baseUrl: './',
      strict: true,
      skipLibCheck: true,
    },
  }),
  'src/app.module.ts': `
    import { Controller, Get, MiddlewareConsumer, Module, NestModule, Param, Req } from '@nestjs/common';
    import { openlayerTracing, traced } from '@openlayer-tracing/express';
    import type { Request } from 'express';

    export class Shelf {
      @traced({ name: 'find', type: 'tool' })
      async find(title: string): Promise<string> {
        return title.toUpperCase();
      }
    }

    @Controller('books')
    export class BooksController {
      private readonly shelf = new Shelf();

      @Get(':title')
      async find(@Param('title') title: string, @Req() req: Request) {
        req.trace.update({ userId: 'ada' });
        return { found: await this.shelf.find(title) };
      }
    }

    @Module({ controllers: [BooksController] })
    export class AppModule implements NestModule {
      configure(consumer: MiddlewareConsumer) {
        consumer.apply(openlayerTracing()).forRoutes('*path');
      }
    }
  `,
  'src/app.controller.spec.ts': `
    import { Test } from '@nestjs/testing';
    import { captureTraces } from '@openlayer-tracing/express/testing';
    import request from 'supertest';
    import { AppModule } from './app.module';

    describe('BooksController', () => {
      it('is traced', async () => {
        const traces = captureTraces();
        const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
        const app = module.createNestApplication();
        await app.init();
        await request(app.getHttpServer()).get('/books/dune').expect(200, { found: 'DUNE' });
        const [row] = await traces.rows();
        await app.close();
        traces.restore();
        expect(row.user_id).toBe('ada');
        expect(row.steps[0].name).toBe('GET /books/:title');
        expect(row.steps[0].steps[0].name).toBe('find');
      });
    });
  `,
};

const JEST = {
  moduleFileExtensions: ['js', 'json', 'ts'],
  rootDir: 'src',
  testRegex: '.*\\.spec\\.ts$',
  transform: { '^.+\\.(t|j)s$': 'ts-jest' },
  collectCoverageFrom: ['**/*.(t|j)s'],
  testEnvironment: 'node',
};

describe('in a Nest app', function () {
  this.timeout(300_000);

  it('requests are traced in its tests', async () => {
    await using app = await createApp('nest', { jest: JEST });
    await app.write(FILES);
    const output = await app.node('jest/bin/jest.js', ['--runInBand']);
    assert.match(output, /Tests: +1 passed, 1 total/);
  });
});

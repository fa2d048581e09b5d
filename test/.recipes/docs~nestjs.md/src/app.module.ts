






























































































































// src/app.module.ts
import { Body, Controller, Get, Inject, Module, Param, Post, UseGuards } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import { AnswersService } from './answers.service';
import { HandlerInterceptor } from './handler.interceptor';
import { RecordErrorsFilter } from './record-errors.filter';
import { UserGuard } from './user.guard';

@Controller()
export class AnswersController {
  constructor(@Inject(AnswersService) private readonly answers: AnswersService) {}

  @Get('health')
  health(): string {
    return 'ok';
  }

  @Post('answers/:topic')
  @UseGuards(UserGuard)
  async answer(
    @Param('topic') topic: string,
    @Body('question') question: string,
  ): Promise<{ answer: string }> {
    if (topic === 'secret') throw new Error('the shelf is locked');
    return { answer: await this.answers.answer(question) };
  }
}

@Module({
  controllers: [AnswersController],
  providers: [
    AnswersService,
    { provide: APP_FILTER, useClass: RecordErrorsFilter },
    { provide: APP_INTERCEPTOR, useClass: HandlerInterceptor },
  ],
})
export class AppModule {}

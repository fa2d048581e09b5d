







































































































// src/answers.service.ts
import { step, traced, updateCurrentTrace } from '@openlayer-tracing/express';
import { Injectable, NotFoundException } from '@nestjs/common';

@Injectable()
export class AnswersService {
  async answer(question: string): Promise<string> {
    const passages = await this.retrieve(question);
    updateCurrentTrace({ question, context: passages });
    return step({ name: 'compose', type: 'chain' }, () => passages.join(' '));
  }

  @traced({ name: 'retrieve', type: 'retriever', params: ['question'] })
  async retrieve(question: string): Promise<string[]> {
    if (question === '') throw new NotFoundException('nothing was asked');
    return [`About ${question}:`, 'loans last three weeks.'];
  }
}

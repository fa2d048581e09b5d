

































// src/record-errors.filter.ts
import { type ArgumentsHost, Catch } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import type { Request } from 'express';

@Catch()
export class RecordErrorsFilter extends BaseExceptionFilter {
  override catch(exception: unknown, host: ArgumentsHost): void {
    host.switchToHttp().getRequest<Request>().trace.recordError(exception);
    super.catch(exception, host);
  }
}

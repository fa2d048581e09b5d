





















































// src/user.guard.ts
import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';
import type { Request } from 'express';

@Injectable()
export class UserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const req = context.switchToHttp().getRequest<Request>();
    const user = req.get('x-user');
    if (user === undefined) throw new UnauthorizedException('who are you?');
    req.trace.update({ userId: user });
    return true;
  }
}

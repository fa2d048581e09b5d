import { Refusal } from './refusal.js';

/** The path, or a part of it, without percent-encoding. @throws Refusal 400 if that is wrong */
export function decodedPath(path: string, { isViolation = true } = {}): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Refusal(400, 'the path is not valid percent-encoding', { isViolation });
  }
}

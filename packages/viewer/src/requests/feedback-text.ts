/** Feedback in a word. Apps send thumbs and ratings in many forms. */

/** `true`, `1` alone and words of praise are a thumb up. */
export function thumbOf(value: unknown): 'up' | 'down' | undefined {
  if (value === true || value === 1) return 'up';
  if (value === false || value === 0 || value === -1) return 'down';
  if (typeof value !== 'string') return undefined;
  if (/^(up|thumbs?[ _-]?up|positive|good|like|yes|true)$/i.test(value)) return 'up';
  return /^(down|thumbs?[ _-]?down|negative|bad|dislike|no|false)$/i.test(value)
    ? 'down'
    : undefined;
}

/** A thumb, a rating or a text as a word. */
export function feedbackText(value: unknown): string {
  const thumb = thumbOf(value);
  if (thumb !== undefined) return thumb === 'up' ? 'good' : 'bad';
  if (value === null || value === undefined) return 'comment';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

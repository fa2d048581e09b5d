/**
 * The first `maxLength` UTF-16 units, or one less where that would cut a character in two, or a line end of Windows, whose first
 * half alone would be an invisible character.
 */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const last = text.charCodeAt(maxLength - 1);
  const isHalf = last >= 0xd800 && last < 0xdc00;
  const isLineEnd = last === 13 && text.charCodeAt(maxLength) === 10;
  return text.slice(0, isHalf || isLineEnd ? maxLength - 1 : maxLength);
}

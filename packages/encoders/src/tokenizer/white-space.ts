/**
 * White space as Hugging Face's tokenizers see it, which is not quite JavaScript's `\s`: U+0085 is, U+FEFF is not (Unicode's
 * White_Space property). Written for use inside a character class.
 */
export const whiteSpace = '\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

/**
 * Python's `str.strip` takes the four separators U+001C..U+001F as well. The slow tokenizer gives no tokens at all to a text
 * that strips to nothing, though its pattern would find a run of spaces in it.
 */
const blank = new RegExp(`^[${whiteSpace}\\u001c-\\u001f]*$`, 'u');

/** Whether a text has no tokens. */
export function isBlank(text: string): boolean {
  return blank.test(text);
}

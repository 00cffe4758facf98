/**
 * Longest-first truncation: tokens are taken one at a time from the end of the longer text, from the second one when both are
 * equally long (Hugging Face's `truncate_sequences`, slow tokenizers; the fast ones share the cut out differently).
 */
export function truncateLongestFirst(
  first: readonly number[],
  second: readonly number[],
  maxTokens: number,
): [first: readonly number[], second: readonly number[]] {
  let a = first.length;
  let b = second.length;
  while (a + b > maxTokens) {
    if (a > b) a--;
    else b--;
  }
  return [first.slice(0, a), second.slice(0, b)];
}

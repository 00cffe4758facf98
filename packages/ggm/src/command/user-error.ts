/** A mistake in what the user gave: one line on stderr, exit code 2, nothing written. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

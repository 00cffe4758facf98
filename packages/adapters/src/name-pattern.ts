/**
 * Patterns of layer names. A text is compared with the end of a name, part by part as the dots divide it: `query` and
 * `attention.output.dense` as they stand; `*` stands for any one part or piece of one (`layer.*.output.dense`, `que*`), `**`
 * for any number of parts (`attention.**`: everything below an attention; `**`: everything). A regular expression is
 * tried on the whole name.
 */
export type NamePattern = string | RegExp;

/** @returns a function that tells whether a name matches */
export function matcherOf(pattern: NamePattern): (name: string) => boolean {
  if (typeof pattern !== 'string') {
    const expression = withoutState(pattern);
    return (name) => expression.test(name);
  }
  const expression = suffixExpression(pattern);
  return (name) => expression.test(`${name}.`);
}

/**
 * A list of patterns: a text alone is a list of its letters to JavaScript.
 * @param what names the option in the message
 * @throws TypeError when it is no array of texts and regular expressions
 */
export function requirePatterns(what: string, patterns: unknown): void {
  const isPattern = (pattern: unknown): boolean => typeof pattern === 'string' || pattern instanceof RegExp;
  if (Array.isArray(patterns) && patterns.every(isPattern)) return;
  const got = typeof patterns === 'string' ? `${patterns}; write ['${patterns}']` : JSON.stringify(patterns);
  throw new TypeError(`${what} must be an array of names or regular expressions; got ${got}`);
}

/** A copy that begins every test at a name's start: `g` and `y` would go on from the last match. */
function withoutState({ source, flags }: RegExp): RegExp {
  return new RegExp(source, flags.replace(/[gy]/g, ''));
}

/** Each part is written with the dot that ends it, so that `**` may be no part at all; names are tested with a dot behind. */
function suffixExpression(pattern: string): RegExp {
  const parts = pattern.split('.').map((part) => (part === '**' ? '(?:[^.]+\\.)*' : `${onePart(part)}\\.`));
  return new RegExp(`(?:^|\\.)${parts.join('')}$`);
}

function onePart(part: string): string {
  return part
    .split('*')
    .map((text) => text.replace(/[\\^$+?()[\]{}|]/g, '\\$&'))
    .join('[^.]*');
}

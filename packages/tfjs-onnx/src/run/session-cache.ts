/** Sessions by their key, the least recently used released when there are too many; never while one is in use. */

interface Entry<T> {
  readonly made: Promise<T>;
  users: number;
  dropped: boolean;
}

export class SessionCache<T extends { release(): Promise<void> }> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #releases = new Set<Promise<void>>();
  #closed = false;

  constructor(readonly limit: number) {}

  get size(): number {
    return this.#entries.size;
  }

  /** Calls `fn` with the session of a key, made at need. A session that cannot be made is forgotten. */
  async use<R>(key: string, make: () => Promise<T>, fn: (session: T) => Promise<R>): Promise<R> {
    const entry = this.#entries.get(key) ?? { made: make(), users: 0, dropped: false };
    // Again, so that it is the most recent
    this.#entries.delete(key);
    if (this.#closed) entry.dropped = true;
    else this.#entries.set(key, entry);
    entry.users++;
    try {
      let session: T;
      try {
        session = await entry.made;
      } catch (error) {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
        throw error;
      }
      this.#shrink(this.limit);
      return await fn(session);
    } finally {
      entry.users--;
      this.#releaseIfIdle(entry);
    }
  }

  /** Releases every session, those in use as soon as they are not. One that is used later is made for that use alone. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#shrink(0);
    await Promise.all(this.#releases);
  }

  #shrink(limit: number): void {
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size <= limit) return;
      this.#entries.delete(key);
      entry.dropped = true;
      this.#releaseIfIdle(entry);
    }
  }

  #releaseIfIdle(entry: Entry<T>): void {
    if (!entry.dropped || entry.users > 0) return;
    const release = entry.made
      .then((session) => session.release())
      // Never made: its user has been told
      .catch(() => undefined)
      .finally(() => this.#releases.delete(release));
    this.#releases.add(release);
  }
}

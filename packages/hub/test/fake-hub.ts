/**
 * The hub's routes on this machine, as @huggingface/hub and Python's client ask for them: commit of a revision, tree of a
 * commit, content. Large files live on a second server, to which the hub redirects, as they do in earnest.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeFile {
  readonly content: Buffer;
  /** In large-file storage, listed by SHA-256 and served by the second server. */
  readonly large: boolean;
}

export interface FakeRepo {
  /** Branches and tags. */
  readonly revisions: Map<string, string>;
  /** Files by commit and path. */
  readonly commits: Map<string, Map<string, FakeFile>>;
}

export interface Request {
  readonly server: 'hub' | 'storage';
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

/** Answers a request in place of the usual answer; returns false to leave it. */
export type Intervention = (request: Request, response: ServerResponse, content: Buffer | null) => boolean;

export class FakeHub {
  readonly repos = new Map<string, FakeRepo>();
  readonly requests: Request[] = [];
  intervene: Intervention = () => false;
  /** Whether servers send the part of a file that was asked for, or always all of it. */
  ranges = true;

  private constructor(
    private readonly hub: Server,
    private readonly storage: Server,
  ) {}

  static async start(): Promise<FakeHub> {
    const fake: FakeHub = new FakeHub(
      createServer((request, response) => {
        fake.#answer('hub', request, response);
      }),
      createServer((request, response) => {
        fake.#answer('storage', request, response);
      }),
    );
    await Promise.all(
      [fake.hub, fake.storage].map(
        async (server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)),
      ),
    );
    return fake;
  }

  get endpoint(): string {
    return addressOf(this.hub);
  }

  get storageEndpoint(): string {
    return addressOf(this.storage);
  }

  /** The root of a commit as the hub lists it. */
  listing(id: string, commit: string): unknown[] {
    return tree(this.repos.get(id)?.commits.get(commit) ?? new Map(), '');
  }

  async stop(): Promise<void> {
    for (const server of [this.hub, this.storage]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  /** Puts a commit on a branch. @returns the commit's hash */
  commit(id: string, files: Readonly<Record<string, FakeFile | string>>, branch = 'main'): string {
    const repo = this.repos.get(id) ?? { revisions: new Map<string, string>(), commits: new Map() };
    this.repos.set(id, repo);
    const commit = createHash('sha1').update(`${id} ${repo.commits.size}`).digest('hex');
    const entries = Object.entries(files).map(([path, file]): [string, FakeFile] => [
      path,
      typeof file === 'string' ? { content: Buffer.from(file), large: false } : file,
    ]);
    repo.commits.set(commit, new Map(entries));
    repo.revisions.set(branch, commit);
    return commit;
  }

  /** Requests for content, as `server path`. */
  contentRequests(): string[] {
    return this.requests
      .filter(({ path, server }) => server === 'storage' || path.includes('/resolve/'))
      .map(
        ({ path, server, range }) =>
          `${server} ${path.split('/').at(-1) ?? ''}${range === undefined ? '' : ` ${range}`}`,
      );
  }

  #answer(server: 'hub' | 'storage', incoming: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(incoming.url ?? '/', 'http://hub');
    const { authorization, range } = incoming.headers;
    const request: Request = { server, path: decodeURIComponent(pathname), authorization, range };
    this.requests.push(request);
    const route =
      /^\/(?<api>api\/)?(?:(?:models|datasets)\/)?(?<id>.+?)\/(?<verb>revision|tree|resolve|storage)\/(?<rest>.+)$/.exec(
        request.path,
      )?.groups;
    const { id = '', verb = '', rest = '' } = route ?? {};
    const repo = this.repos.get(id);
    const [commit = '', ...parts] = rest.split('/');
    const files = repo?.commits.get(commit);
    const path = parts.join('/');
    const file = files?.get(path);
    if (this.intervene(request, response, file?.content ?? null)) return;
    if (repo === undefined) {
      refuse(response, 404, 'RepoNotFound');
    } else if (verb === 'revision') {
      const sha = repo.revisions.get(rest) ?? (repo.commits.has(rest) ? rest : undefined);
      if (sha === undefined) refuse(response, 404, 'RevisionNotFound');
      else json(response, { _id: '1', id, sha, lastModified: '2026-01-01T00:00:00.000Z', private: false });
    } else if (verb === 'tree' && files !== undefined) {
      json(response, [{ type: 'directory', path: 'onnx', size: 0, oid: '0' }, ...tree(files, path)]);
    } else if (file === undefined) {
      refuse(response, 404, 'EntryNotFound');
    } else if (verb === 'resolve' && file.large) {
      response.writeHead(302, {
        Location: `${addressOf(this.storage)}/${id}/storage/${rest}`,
        'X-Repo-Commit': commit,
        'X-Linked-Etag': `"${sha256(file.content)}"`,
        'X-Linked-Size': file.content.length,
      });
      response.end();
    } else {
      this.#send(response, file.content, range);
    }
  }

  #send(response: ServerResponse, content: Buffer, range: string | undefined): void {
    const start = this.ranges ? Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0) : 0;
    const part = content.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      'Content-Length': part.length,
      ...(start > 0 ? { 'Content-Range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
    });
    response.end(part);
  }
}

function tree(files: ReadonlyMap<string, FakeFile>, folder: string): unknown[] {
  return [...files]
    .filter(([path]) => path.split('/').slice(0, -1).join('/') === folder)
    .map(([path, { content, large }]) => ({
      type: 'file',
      path,
      size: content.length,
      oid: large ? gitHash(Buffer.from('pointer')) : gitHash(content),
      ...(large
        ? { lfs: { oid: sha256(content), size: content.length, pointerSize: 134 }, xetHash: 'f'.repeat(64) }
        : {}),
    }));
}

export function refuse(response: ServerResponse, status: number, code?: string, headers = {}): void {
  response.writeHead(status, { ...(code === undefined ? {} : { 'X-Error-Code': code }), ...headers });
  response.end();
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(value));
}

export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** As `git hash-object` gives it. */
export function gitHash(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

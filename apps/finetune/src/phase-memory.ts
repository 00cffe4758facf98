/**
 * The most memory that the process held in each phase of a run: its resident set, looked at when a phase begins and ends and
 * after every step. What ONNX Runtime takes for a step it keeps for the next, so that a look between steps sees it.
 */

/** A phase's name and its peak in bytes, in the order of the phases. */
export type MemoryByPhase = Readonly<Record<string, number>>;

export class PhaseMemory {
  readonly #peaks: Map<string, number>;
  readonly #resident: () => number;
  #phase: string;

  /**
   * @param resident the resident set's present size in bytes
   * @param earlier peaks of the same run's earlier processes
   */
  constructor(
    phase: string,
    resident: () => number = () => process.memoryUsage.rss(),
    earlier: MemoryByPhase = {},
  ) {
    this.#peaks = new Map(Object.entries(earlier));
    this.#resident = resident;
    this.#phase = phase;
    this.look();
  }

  /** Begins a phase, or goes on with one. What is held at that moment counts for both. */
  enter(phase: string): void {
    this.look();
    this.#phase = phase;
    this.look();
  }

  look(): void {
    this.#peaks.set(this.#phase, Math.max(this.#peaks.get(this.#phase) ?? 0, this.#resident()));
  }

  get peaks(): MemoryByPhase {
    return Object.fromEntries(this.#peaks);
  }
}

/** `loading 210 MiB, training 512 MiB` */
export function describeMemory(peaks: MemoryByPhase): string {
  return Object.entries(peaks)
    .map(([phase, bytes]) => `${phase} ${(bytes / 2 ** 20).toFixed(0)} MiB`)
    .join(', ');
}

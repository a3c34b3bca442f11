/** Thrown into waits that are still open when the simulator stops. */
export class Stopped extends Error {
  constructor() {
    super('the simulator was stopped');
  }
}

/** Every delay of one simulator, so that stopping it leaves no timer behind and commits nothing afterwards. */
export class Waits {
  readonly #open = new Map<NodeJS.Timeout, (reason: Stopped) => void>();
  #stopped = false;

  /** Waits that many milliseconds of real time. */
  for(ms: number): Promise<void> {
    if (this.#stopped) return Promise.reject(new Stopped());
    if (ms <= 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#open.delete(timer);
        resolve();
      }, ms);
      this.#open.set(timer, reject);
    });
  }

  stop(): void {
    this.#stopped = true;
    for (const [timer, reject] of this.#open) {
      clearTimeout(timer);
      reject(new Stopped());
    }
    this.#open.clear();
  }
}

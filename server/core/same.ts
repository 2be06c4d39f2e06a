/** More different ones than this are not remembered: then they are kept one by one, as they came. */
const MOST = 20_000;

/**
 * One object for all that say the same, where very many are read and none is changed: what is held is a hundredth of it, and
 * so is what the collector of garbage has to follow.
 */
export class Same<T extends object> {
  private readonly known = new Map<string, T>();
  private readonly keyOf: (value: T) => string;

  /** @param keyOf the same for two that may stand for each other, and only for them */
  constructor(keyOf: (value: T) => string) {
    this.keyOf = keyOf;
  }

  of(value: T): T {
    const key = this.keyOf(value);
    const known = this.known.get(key);
    if (known) return known;
    if (this.known.size < MOST) this.known.set(key, value);
    return value;
  }
}

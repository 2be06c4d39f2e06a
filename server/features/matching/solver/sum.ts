/** A sum of whole numbers that stays exact beyond 2^53. */
export class ExactSum {
  private small = 0;
  private large = 0n;

  /** @param value a safe integer */
  add(value: number): void {
    this.small += value;
    if (this.small > 2 ** 52 || this.small < -(2 ** 52)) this.flush();
  }

  /** Adds the product of two safe integers. */
  addProduct(a: number, b: number): void {
    const product = a * b;
    if (Math.abs(product) < 2 ** 52) this.add(product);
    else this.large += BigInt(a) * BigInt(b);
  }

  get value(): bigint {
    this.flush();
    return this.large;
  }

  private flush(): void {
    this.large += BigInt(this.small);
    this.small = 0;
  }
}

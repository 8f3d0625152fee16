// A phone's connection that the demo can cut: what is under way breaks off, and nothing new gets through until it is back.

export class Connection {
  private cut: AbortController | undefined;
  private line = new AbortController();

  constructor(
    private readonly window: Window,
    private readonly request: typeof fetch,
  ) {}

  /** Like fetch; a TypeError while the connection is cut, as a browser without a network gives. */
  readonly fetch: typeof fetch = async (input, init) => {
    if (this.cut !== undefined) throw new TypeError("the demo's phone is offline");
    const own = init?.signal ?? undefined;
    const signal = own === undefined ? this.line.signal : AbortSignal.any([own, this.line.signal]);
    return this.request(input, { ...init, signal });
  };

  /** Cuts the connection or mends it, and tells the window as a browser would. Nothing happens when it is so already. */
  set(online: boolean): void {
    if (online === (this.cut === undefined)) return;
    if (online) {
      this.line = new AbortController();
      this.cut = undefined;
    } else {
      this.cut = this.line;
      this.line.abort();
    }
    this.window.dispatchEvent(new Event(online ? "online" : "offline"));
  }
}
